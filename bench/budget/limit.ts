/** What this machine could reach: docs/benchmarks.md says how it is meant. */
import { sum } from '../report/statistics.ts'

/** One part of the way of a byte. */
export interface Stage {
  readonly name: string
  /** Who does it. */
  readonly where: 'client' | 'nodes' | 'coordinator'
  /** Processor time for each byte of user data. */
  readonly nanosecondsPerByte: number
}

export interface Bounds {
  readonly cores: number
  /** Wall time of the disk for each byte of user data. */
  readonly diskNanosecondsPerByte: number
}

export interface Limit {
  readonly bytesPerSecond: number
  readonly decidedBy: 'processor' | 'disk'
}

/** 1 / max(all stages together ÷ cores, disk). */
export function limitOf(stages: readonly Stage[], bounds: Bounds): Limit {
  const work = sum(stages.map(({ nanosecondsPerByte }) => nanosecondsPerByte)) / bounds.cores
  const slowest = Math.max(work, bounds.diskNanosecondsPerByte)
  return { bytesPerSecond: 1e9 / slowest, decidedBy: slowest === work ? 'processor' : 'disk' }
}
