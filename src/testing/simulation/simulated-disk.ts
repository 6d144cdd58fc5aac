import type { Disk } from '../../base/disk.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import { pageBytes } from './simulated-file.ts'
import { SimulatedFolders } from './simulated-folders.ts'
import { DiskProcess } from './disk-process.ts'

export interface SimulatedDiskOptions {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  /** Default 1 GiB. */
  readonly totalBytes?: number
  /** Whether files opened `direct` really are; default true. */
  readonly direct?: boolean
}

/** What a program asked of the disk: where a test may let the power fail. */
export type DiskOperation = 'read' | 'write' | 'sync' | 'truncate' | 'name' | 'sync-folder'

/** What goes wrong, each by its own chance in [0, 1]; all 0 at first. */
export interface DiskTrouble {
  /** A write fails after part of it was done. */
  writeFails: number
  /** A sync fails; what it should have made durable is lost, though it may still be readable. */
  syncFails: number
  /** A read fails. */
  readFails: number
}

/**
 * The disk of one simulated machine: it outlives the processes that use it. Every operation takes simulated
 * time; nothing is durable that was not synced.
 */
export class SimulatedDisk {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly direct: boolean
  readonly trouble: DiskTrouble = { writeFails: 0, syncFails: 0, readFails: 0 }
  totalBytes: number
  /** Every change is refused with READ_ONLY. */
  readOnly = false
  /** Everything is refused with DISK_GONE. */
  gone = false
  /** Called before each operation begins: the place to count, and to crash. */
  beforeOperation: ((operation: DiskOperation, path: string) => void) | undefined
  folders = new SimulatedFolders()
  readonly locks = new Set<string>()
  #process: DiskProcess | undefined

  constructor(options: SimulatedDiskOptions) {
    this.scheduler = options.scheduler
    this.random = options.random
    this.totalBytes = options.totalBytes ?? 1024 ** 3
    this.direct = options.direct ?? true
  }

  /** The disk as one process sees it: after `crash` or `kill` its calls never settle. */
  process(): Disk {
    this.#process ??= new DiskProcess(this)
    return this.#process
  }

  /** Power is cut: what was not synced is lost, torn or kept, by chance. */
  crash(): void {
    this.kill()
    this.folders.crash(this.random)
  }

  /** The process is killed: what it wrote stays readable, synced or not. */
  kill(): void {
    this.#process?.end()
    this.#process = undefined
    this.locks.clear()
  }

  get usedBytes(): number {
    let pages = 0
    for (const file of this.folders.files.values()) pages += file.pageCount
    return pages * pageBytes
  }

  /** What is durable now, to be put back with `restore` as an old image. */
  snapshot(): SimulatedFolders {
    return this.folders.durableCopy()
  }

  /** Puts an old image back, as after a crash. */
  restore(image: SimulatedFolders): void {
    this.kill()
    this.folders = image.durableCopy()
  }

  /** A new, empty disk in the old one's place. */
  replace(): void {
    this.kill()
    this.folders = new SimulatedFolders()
  }

  /** Turns a bit over in a file at rest, by chance among those whose path begins so. False: none was written. */
  flipBit(start = ''): boolean {
    const files = [...this.folders.files].filter(([path]) => path.startsWith(start))
    if (files.length === 0) return false
    return this.random.pick(files)[1].flipBit(this.random)
  }

  /** Throws what every operation is refused with in this state of the disk. */
  refuse(operation: DiskOperation): void {
    if (this.gone) throw new HoldfastError('DISK_GONE', 'The simulated disk vanished')
    if (!this.readOnly || operation === 'read') return
    throw new HoldfastError('READ_ONLY', 'The simulated disk is read-only')
  }
}
