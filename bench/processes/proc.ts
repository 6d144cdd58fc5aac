/** What Linux tells of a process: processor time and memory. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Of /proc/PID/stat, which Linux fixes at 100 for programs whatever the kernel uses. */
const ticksPerSecond = 100

export interface ProcessorSeconds {
  /** User and system. */
  readonly own: number
  /** Of ended children it has waited for, and of theirs. */
  readonly children: number
}

/** From the text of /proc/PID/stat: the name may hold spaces and parentheses. */
export function processorSeconds(stat: string): ProcessorSeconds {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = (at: number): number => Number(fields[at])
  return {
    own: (ticks(11) + ticks(12)) / ticksPerSecond,
    children: (ticks(13) + ticks(14)) / ticksPerSecond,
  }
}

/** Most memory it ever held, from the text of /proc/PID/status; undefined once it has ended. */
export function peakBytes(status: string): number | undefined {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(status)
  return found === null ? undefined : Number(found[1]) * 1024
}

export function readProcessor(pid: number | 'self'): ProcessorSeconds {
  return processorSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

/** Undefined when there is no such process (any more). */
export function readPeak(pid: number): number | undefined {
  try {
    return peakBytes(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return undefined
  }
}

/** From now on its peak is that of what comes. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}
