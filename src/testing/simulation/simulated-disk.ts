import type { Disk } from '../../base/disk.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'

export interface SimulatedDiskOptions {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  /** Default 1 GiB. */
  readonly totalBytes?: number
}

/** The disk of one simulated machine: it outlives the processes that use it. */
export class SimulatedDisk {
  constructor(_options: SimulatedDiskOptions) {}

  /** The disk as one process sees it: after `crash` or `kill` its calls never settle. */
  process(): Disk {
    throw new Error('not yet')
  }

  /** Power is cut: what was not synced is lost, torn or kept, by chance. */
  crash(): void {}

  /** The process is killed: what it wrote stays, synced or not. */
  kill(): void {}
}
