import type { Clock } from '../base/clock.ts'
import type { Disk, DiskLock } from '../base/disk.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Primitives } from '../core/primitives.ts'
import { BufferPool, type ShardBuffer } from './buffer-pool.ts'
import { Compaction } from './compaction.ts'
import { GroupCommit } from './group-commit.ts'
import type { WrittenRecord } from './planned-record.ts'
import type { Recovered } from './recovery.ts'
import { SegmentLog } from './segment-log.ts'
import { SegmentReaders } from './segment-readers.ts'
import { held, ShardReading } from './shard-reading.ts'
import type {
  HeldShard,
  Listing,
  RemoveResult,
  ShardDescription,
  ShardStore,
  StoredShard,
  StoreState,
  StoreUsage,
  WorkDone,
} from './shard-store.ts'
import { ShardWriting } from './shard-writing.ts'
import { refusal, storeFailure } from './store-failure.ts'
import type { StoreFaults } from './store-faults.ts'
import { writeSuperblock } from './store-files.ts'
import { StoreHealth } from './store-health.ts'
import { StoreWork } from './store-work.ts'
import type { StoreIndex } from './store-index.ts'
import type { Superblock } from './superblock.ts'

export interface OpenSegmentStoreOptions {
  readonly disk: Disk
  readonly primitives: Primitives
  readonly clock: Clock
  readonly logger: Logger
  readonly segmentBytes: number
  readonly reserveBytes: number
  readonly receiveBytesMax: number
  readonly checkpointRecords: number
  readonly faults: StoreFaults
  readonly superblock: Superblock
  readonly recovered: Recovered
  /** Undefined: nothing may be written. */
  readonly lock: DiskLock | undefined
}

/** A segment store after recovery: wires log, group commit, index, readers and compaction together. */
export class OpenSegmentStore implements ShardStore {
  readonly #options: OpenSegmentStoreOptions
  readonly #index: StoreIndex
  readonly #pool: BufferPool
  readonly #readers: SegmentReaders
  readonly #health: StoreHealth
  readonly #log: SegmentLog
  readonly #commit: GroupCommit
  readonly #reading: ShardReading
  readonly #writing: ShardWriting
  readonly #work: StoreWork
  #superblock: Superblock
  #raising: Promise<void> = Promise.resolve()
  #working: Promise<WorkDone> | undefined
  #closed = false

  constructor(options: OpenSegmentStoreOptions) {
    const { disk, primitives, clock, segmentBytes, logger, reserveBytes, faults } = options
    this.#options = options
    this.#superblock = options.superblock
    const { index, lastSequence, nextSegment, report } = options.recovered
    const { storeId, storeKey } = options.superblock
    this.#index = index
    this.#pool = new BufferPool(options.receiveBytesMax)
    this.#readers = new SegmentReaders(disk, limits.openSegmentsMax)
    this.#health = new StoreHealth({ disk, logger, reserveBytes })
    this.#log = new SegmentLog({
      disk,
      clock,
      primitives,
      segmentBytes,
      superblock: () => this.#superblock,
      created: (segment) => index.segments.add(segment),
      cut: (segment) => this.#work.doubt(segment),
      nextSegment,
      nextSequence: lastSequence + 1,
      faults,
      aboutToWrite: faults.has('index-first')
        ? (records) => records.forEach((record) => index.apply(record))
        : undefined,
    })
    this.#commit = new GroupCommit(this.#log, {
      durable: (records) => this.#durable(records),
      failed: (cause) => this.#failed(cause),
    })
    const readers = this.#readers
    this.#reading = new ShardReading({ index, readers, primitives, storeKey })
    const [log, commit, reading, health] = [this.#log, this.#commit, this.#reading, this.#health]
    this.#writing = new ShardWriting({ clock, index, reading, log, commit, health })
    const compaction = new Compaction({
      disk,
      primitives,
      storeKey,
      segmentBytes,
      index,
      log,
      commit,
      readers,
      logger,
      faults,
      isChanging: (shardId) => this.#writing.isChanging(shardId),
    })
    this.#work = new StoreWork({
      disk,
      primitives,
      logger,
      storeId,
      storeKey,
      index,
      log,
      readers,
      compaction,
      checkpointRecords: options.checkpointRecords,
      recordsSinceCheckpoint: report.recordsRead,
    })
    if (options.lock === undefined) health.set(readOnlyDisk)
  }

  get storeId(): Uint8Array {
    return this.#superblock.storeId
  }

  get lastRecord(): number {
    return this.#log.lastSequence
  }

  get state(): StoreState {
    return this.#health.state
  }

  get term(): number {
    return this.#superblock.term
  }

  allocate(
    bodyBytes: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ShardBuffer> {
    return this.#pool.take(bodyBytes, options.signal)
  }

  tryAllocate(bodyBytes: number): ShardBuffer | undefined {
    return this.#pool.tryTake(bodyBytes)
  }

  async put(buffer: ShardBuffer, { root }: { readonly root: Uint8Array }): Promise<StoredShard> {
    try {
      this.#refuseClosed()
      if (isOutOfSpace(this.state)) await this.#health.measure()
      if (this.state.kind !== 'serving') throw refusal(this.state)
      return await this.#writing.put(buffer, root)
    } finally {
      buffer.release()
    }
  }

  find(shardId: Uint8Array): HeldShard | undefined {
    const entry = this.#index.shards.find(shardId)
    return entry && held(entry)
  }

  async read(
    shardId: Uint8Array,
    range: { readonly offset: number; readonly target: Uint8Array },
  ): Promise<boolean> {
    this.#refuseGone()
    return this.#reading.read(shardId, range)
  }

  async readHeader(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    this.#refuseGone()
    return this.#reading.describe(shardId)
  }

  async list(options: {
    readonly after?: Uint8Array | undefined
    readonly most: number
  }): Promise<Listing> {
    this.#refuseGone()
    const ids = this.#index.shards.idsAfter(options.after, options.most + 1)
    const more = ids.length > options.most
    const described = ids.slice(0, options.most).map((shardId) => this.#describeForList(shardId))
    const shards = (await Promise.all(described)).filter((shard) => shard !== undefined)
    return { shards, more }
  }

  async remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    this.#refuseClosed()
    const { state } = this
    if (state.kind !== 'serving' && !isOutOfSpace(state)) throw refusal(state)
    return this.#writing.remove(shardId, recordNumber)
  }

  markDamaged(shardId: Uint8Array, recordNumber: number): void {
    this.#index.markDamaged(shardId, recordNumber)
  }

  async raiseTerm(term: number): Promise<void> {
    this.#refuseClosed()
    const raised = this.#raising.then(() => this.#raiseTerm(term))
    this.#raising = raised.catch(() => undefined)
    return raised
  }

  usage(): StoreUsage {
    let [usedBytes, liveBytes] = [0, 0]
    for (const row of this.#index.segments.rows) {
      usedBytes += row.writtenBytes
      liveBytes += row.liveBytes
    }
    const { freeBytes } = this.#health
    return { shards: this.#index.shards.count, usedBytes, liveBytes, freeBytes }
  }

  async probe(): Promise<StoreState> {
    if (this.#closed) return this.state
    await this.#health.measure()
    const { state } = this
    const mayWriteAgain = state.kind === 'read-only' && state.cause === 'disk'
    if (mayWriteAgain && this.#options.lock !== undefined) await this.#tryWriting()
    return this.state
  }

  async work(): Promise<WorkDone> {
    this.#working ??= this.#workOnce().finally(() => {
      this.#working = undefined
    })
    return this.#working
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#working?.catch(() => undefined)
    await this.#commit.end()
    await this.#raising
    try {
      if (this.#mayWrite()) await this.#work.checkpoint()
    } finally {
      await this.#log.close()
      this.#readers.close()
      await this.#options.lock?.release()
    }
  }

  #durable(records: readonly WrittenRecord[]): void {
    let bytes = 0
    for (const record of records) {
      if (!this.#options.faults.has('index-first')) this.#index.apply(record)
      bytes += record.planned.block.length
    }
    this.#work.wrote(records.length)
    this.#health.wrote(bytes)
    this.#writing.durable(records)
  }

  async #failed(cause: unknown): Promise<'go-on' | { readonly refuse: unknown }> {
    if (this.#health.failed(cause) === 'try-again') {
      try {
        await this.#log.repair()
        this.#health.set({ kind: 'serving' })
        return 'go-on'
      } catch (again) {
        this.#health.failed(again)
      }
    }
    const { state } = this
    return { refuse: state.kind === 'serving' ? cause : refusal(state) }
  }

  #tryWriting(): Promise<void> {
    return new Promise((resolve) => {
      this.#commit.add({
        bodyBytes: 0,
        plan: () => [],
        written: () => {
          this.#health.set({ kind: 'serving' })
          resolve()
        },
        failed: () => resolve(),
      })
    })
  }

  async #raiseTerm(term: number): Promise<void> {
    if (term <= this.#superblock.term) return
    const superblock = { ...this.#superblock, term }
    try {
      await writeSuperblock(this.#options, superblock)
    } catch (cause) {
      throw storeFailure(`keep term ${term}`, cause)
    }
    this.#superblock = superblock
  }

  async #describeForList(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    try {
      return await this.#reading.describe(shardId)
    } catch (error) {
      if (!hasCode(error, 'CORRUPT')) throw error
      const entry = this.find(shardId)
      const [header, root] = [new Uint8Array(128), new Uint8Array(32)]
      return entry && { ...entry, damaged: true, header, root, storedMs: 0 }
    }
  }

  async #workOnce(): Promise<WorkDone> {
    if (this.#closed || !this.#mayWrite()) return 'nothing-to-do'
    const done = await this.#work.unit()
    if (done === 'did-some') await this.#health.measure()
    return done
  }

  #mayWrite(): boolean {
    const { state } = this
    return this.#options.lock !== undefined && (state.kind === 'serving' || isOutOfSpace(state))
  }

  #refuseClosed(): void {
    if (this.#closed) throw new HoldfastError('DISK_GONE', 'The store is closed')
    this.#refuseGone()
  }

  #refuseGone(): void {
    if (this.state.kind === 'disk-gone') throw refusal(this.state)
    if (this.#closed) throw new HoldfastError('DISK_GONE', 'The store is closed')
  }
}

const readOnlyDisk: StoreState = Object.freeze({
  kind: 'read-only',
  cause: 'disk',
  reason: 'Cannot write: the file system was read-only when the store was opened',
})

function isOutOfSpace(state: StoreState): boolean {
  return state.kind === 'read-only' && state.cause === 'space'
}
