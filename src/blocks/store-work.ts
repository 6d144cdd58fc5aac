import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Primitives } from '../core/primitives.ts'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { writeCheckpoint } from './checkpoint.ts'
import type { Compaction } from './compaction.ts'
import type { GroupCommit } from './group-commit.ts'
import { plannedVoid } from './planned-record.ts'
import { checkSegment } from './segment-check.ts'
import type { SegmentLog } from './segment-log.ts'
import type { SegmentReaders } from './segment-readers.ts'
import type { WorkDone } from './shard-store.ts'
import { storeFailure } from './store-failure.ts'
import type { StoreHealth } from './store-health.ts'
import type { StoreIndex } from './store-index.ts'

export interface StoreWorkOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly primitives: Primitives
  readonly logger: Logger
  readonly storeId: Uint8Array
  readonly storeKey: Uint8Array
  readonly index: StoreIndex
  readonly log: SegmentLog
  readonly commit: GroupCommit
  readonly health: StoreHealth
  readonly readers: SegmentReaders
  readonly compaction: Compaction
  readonly checkpointRecords: number
  /** Records that an index on disk does not hold yet. */
  readonly recordsSinceCheckpoint: number
}

/** What a store does beside its requests: one unit at a time. */
export class StoreWork {
  readonly #options: StoreWorkOptions
  /** Segments in which a write failed: to be read again. */
  readonly #doubtful = new Set<number>()
  #recordsSinceCheckpoint: number
  #checkpointAgainMs = -Infinity

  constructor(options: StoreWorkOptions) {
    this.#options = options
    this.#recordsSinceCheckpoint = options.recordsSinceCheckpoint
  }

  wrote(records: number): void {
    this.#recordsSinceCheckpoint += records
  }

  doubt(segment: number): void {
    this.#doubtful.add(segment)
  }

  async unit(): Promise<WorkDone> {
    const [doubtful] = this.#doubtful
    if (doubtful !== undefined) return this.#check(doubtful)
    const { compaction, health } = this.#options
    // Writing a large index costs more, and so is done less often
    if (this.#isCheckpointDue) return this.checkpoint()
    try {
      if (health.isOutOfSpace && compaction.isLastPoor) return await this.#endSegment()
      return (await compaction.step()) ? 'did-some' : 'nothing-to-do'
    } catch (cause) {
      throw storeFailure('compact the store', cause)
    }
  }

  /** Writes the index unless the one on disk is as good. */
  async checkpoint(): Promise<WorkDone> {
    const records = this.#recordsSinceCheckpoint
    if (records === 0) return 'nothing-to-do'
    const { index, log, clock } = this.#options
    try {
      await writeCheckpoint(index, log.position, this.#options)
    } catch (cause) {
      this.#checkpointAgainMs = clock.monotonicMs() + limits.checkpointRetryMs
      throw storeFailure('write the index', cause)
    }
    this.#recordsSinceCheckpoint -= records
    return 'did-some'
  }

  /** After a failure other work comes first for a while: emptying segments may be what makes room. */
  get #isCheckpointDue(): boolean {
    const { checkpointRecords, index, clock } = this.#options
    const due = Math.max(checkpointRecords, index.shards.count / 8)
    return this.#recordsSinceCheckpoint >= due && clock.monotonicMs() >= this.#checkpointAgainMs
  }

  /** So that the last segment can be emptied: on a full disk it may be the only one. */
  #endSegment(): Promise<WorkDone> {
    const { clock, commit, log } = this.#options
    log.endSegment()
    return new Promise((resolve, reject) => {
      commit.add({
        bodyBytes: 0,
        plan: () => [plannedVoid(clock.nowMs())],
        written: () => resolve('did-some'),
        failed: reject,
      })
    })
  }

  async #check(segment: number): Promise<WorkDone> {
    this.#doubtful.delete(segment)
    const damaged = await checkSegment(segment, this.#options)
    this.#options.logger.info('segment-checked', { segment, damaged })
    return 'did-some'
  }
}
