import { HoldfastError } from '../../base/errors.ts'
import { countNothing } from './counters.ts'
import type { Count } from './counters.ts'
import type { Scheduler } from './scheduler.ts'
import type { SeededRandom } from './seeded-random.ts'
import { pageBytes } from './simulated-file.ts'
import { SimulatedFolders } from './simulated-folders.ts'

export interface SimulatedDiskOptions {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  /** Default 1 GiB. */
  readonly totalBytes?: number
  /** Whether files opened `direct` really are; default true. */
  readonly direct?: boolean
  readonly count?: Count
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

/** What a simulated disk is made of: its contents, and what is wrong with it. */
export class SimulatedMedium {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly direct: boolean
  readonly count: Count
  readonly trouble: DiskTrouble = { writeFails: 0, syncFails: 0, readFails: 0 }
  totalBytes: number
  readonly #wholeBytes: number
  /** Every change is refused with READ_ONLY. */
  readOnly = false
  /** Everything is refused with DISK_GONE. */
  gone = false
  /** Called before each operation begins: the place to count, and to crash. */
  beforeOperation: ((operation: DiskOperation, path: string) => void) | undefined
  folders = new SimulatedFolders()
  readonly locks = new Set<string>()

  constructor(options: SimulatedDiskOptions) {
    this.scheduler = options.scheduler
    this.random = options.random
    this.#wholeBytes = options.totalBytes ?? 1024 ** 3
    this.totalBytes = this.#wholeBytes
    this.direct = options.direct ?? true
    this.count = options.count ?? countNothing
  }

  /** Nothing is wrong with it. */
  get isWell(): boolean {
    const { writeFails, syncFails, readFails } = this.trouble
    if (this.readOnly || this.gone || this.totalBytes < this.#wholeBytes) return false
    return writeFails + syncFails + readFails === 0
  }

  get usedBytes(): number {
    let pages = 0
    for (const file of this.folders.files.values()) pages += file.pageCount
    return pages * pageBytes
  }

  /** Throws what every operation is refused with in this state of the disk. */
  refuse(operation: DiskOperation): void {
    if (this.gone) {
      this.count('disk: operations refused, it is gone')
      throw new HoldfastError('DISK_GONE', 'The simulated disk vanished')
    }
    if (!this.readOnly || operation === 'read') return
    this.count('disk: operations refused, it is read-only')
    throw new HoldfastError('READ_ONLY', 'The simulated disk is read-only')
  }
}
