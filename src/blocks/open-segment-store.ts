import { hasCode, HoldfastError } from '../base/errors.ts'
import { BufferPool, type ShardBuffer } from './buffer-pool.ts'
import type { WrittenRecord } from './planned-record.ts'
import { held } from './shard-reading.ts'
import type {
  HeldShard,
  Listing,
  ListOptions,
  ReadRange,
  RemoveResult,
  ShardDescription,
  ShardStore,
  StoredShard,
  StoreState,
  StoreUsage,
  WorkDone,
} from './shard-store.ts'
import { refusal, storeFailure } from './store-failure.ts'
import { writeSuperblock } from './store-files.ts'
import { storeParts, type StoreParts, type StorePartsOptions } from './store-parts.ts'
import type { Superblock } from './superblock.ts'

/** A segment store after recovery. */
export class OpenSegmentStore implements ShardStore {
  readonly #options: StorePartsOptions
  readonly #pool: BufferPool
  readonly #parts: StoreParts
  #superblock: Superblock
  #raising: Promise<void> = Promise.resolve()
  #working: Promise<WorkDone> | undefined
  #closed = false
  /** Why nothing is written until the store is opened again. */
  readonly #sealed: string | undefined

  constructor(options: StorePartsOptions) {
    this.#options = options
    this.#superblock = options.superblock
    this.#pool = new BufferPool(options.receiveBytesMax)
    this.#parts = storeParts(options, {
      superblock: () => this.#superblock,
      durable: (records) => this.#durable(records),
      failed: (cause) => this.#failed(cause),
    })
    this.#sealed = whySealed(options)
    if (this.#sealed !== undefined) {
      this.#parts.health.set({ kind: 'read-only', cause: 'disk', reason: this.#sealed })
    }
  }

  get storeId(): Uint8Array {
    return this.#superblock.storeId
  }

  get lastRecord(): number {
    return this.#parts.log.lastSequence
  }

  get state(): StoreState {
    return this.#parts.health.state
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
      if (isOutOfSpace(this.state)) await this.#parts.health.measure()
      if (this.state.kind !== 'serving') throw refusal(this.state)
      return await this.#parts.writing.put(buffer, root)
    } finally {
      buffer.release()
    }
  }

  find(shardId: Uint8Array): HeldShard | undefined {
    const entry = this.#parts.index.shards.find(shardId)
    return entry && held(entry)
  }

  async read(shardId: Uint8Array, range: ReadRange): Promise<boolean> {
    this.#refuseGone()
    return this.#parts.reading.read(shardId, range)
  }

  async readHeader(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    this.#refuseGone()
    return this.#parts.reading.describe(shardId)
  }

  async list(options: ListOptions): Promise<Listing> {
    this.#refuseGone()
    const ids = this.#parts.index.shards.idsAfter(options.after, options.most + 1)
    const more = ids.length > options.most
    const described = ids.slice(0, options.most).map((shardId) => this.#describeForList(shardId))
    const shards = (await Promise.all(described)).filter((shard) => shard !== undefined)
    return { shards, more }
  }

  async remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    this.#refuseClosed()
    const { state } = this
    if (state.kind !== 'serving' && !isOutOfSpace(state)) throw refusal(state)
    return this.#parts.writing.remove(shardId, recordNumber)
  }

  markDamaged(shardId: Uint8Array, recordNumber: number): void {
    this.#parts.index.markDamaged(shardId, recordNumber)
  }

  async raiseTerm(term: number): Promise<void> {
    this.#refuseClosed()
    const raised = this.#raising.then(() => this.#raiseTerm(term))
    this.#raising = raised.catch(() => undefined)
    return raised
  }

  usage(): StoreUsage {
    let [usedBytes, liveBytes] = [0, 0]
    for (const row of this.#parts.index.segments.rows) {
      usedBytes += row.writtenBytes
      liveBytes += row.liveBytes
    }
    const { freeBytes } = this.#parts.health
    return { shards: this.#parts.index.shards.count, usedBytes, liveBytes, freeBytes }
  }

  async probe(): Promise<StoreState> {
    if (this.#closed) return this.state
    await this.#parts.health.measure()
    const { state } = this
    const mayWriteAgain = state.kind === 'read-only' && state.cause === 'disk'
    if (mayWriteAgain && this.#sealed === undefined) await this.#tryWriting()
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
    await this.#parts.commit.end()
    await this.#raising
    try {
      if (this.#mayWrite()) await this.#parts.work.checkpoint()
    } finally {
      await this.#parts.log.close()
      this.#parts.readers.close()
      await this.#options.lock?.release()
    }
  }

  #durable(records: readonly WrittenRecord[]): void {
    let bytes = 0
    for (const record of records) {
      if (!this.#options.faults.has('index-first')) this.#parts.index.apply(record)
      bytes += record.planned.block.length
    }
    this.#parts.work.wrote(records.length)
    this.#parts.health.wrote(bytes)
    this.#parts.writing.durable(records)
  }

  async #failed(cause: unknown): Promise<'go-on' | { readonly refuse: unknown }> {
    if (this.#parts.health.failed(cause) === 'try-again') {
      try {
        await this.#parts.log.repair()
        this.#parts.health.set({ kind: 'serving' })
        return 'go-on'
      } catch (again) {
        this.#parts.health.failed(again)
      }
    }
    const { state } = this
    return { refuse: state.kind === 'serving' ? cause : refusal(state) }
  }

  #tryWriting(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.commit.add({
        bodyBytes: 0,
        plan: () => [],
        written: () => {
          this.#parts.health.set({ kind: 'serving' })
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
      return await this.#parts.reading.describe(shardId)
    } catch (error) {
      if (!hasCode(error, 'CORRUPT')) throw error
      const entry = this.find(shardId)
      const [header, root] = [new Uint8Array(128), new Uint8Array(32)]
      return entry && { ...entry, damaged: true, header, root, storedMs: 0 }
    }
  }

  async #workOnce(): Promise<WorkDone> {
    if (this.#closed || !this.#mayWrite()) return 'nothing-to-do'
    const done = await this.#parts.work.unit()
    if (done === 'did-some') await this.#parts.health.measure()
    return done
  }

  #mayWrite(): boolean {
    const { state } = this
    return this.#sealed === undefined && (state.kind === 'serving' || isOutOfSpace(state))
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

function whySealed({ lock, recovered }: StorePartsOptions): string | undefined {
  if (lock === undefined) {
    return `Cannot write: the file system was read-only when the store was opened; ${restartNode}`
  }
  const { tailUnsettled } = recovered.report
  if (tailUnsettled === 0) return undefined
  // A later batch would say of these that they were durable before it
  return `Cannot write: the disk refused ${tailUnsettled} records of the last batch when the store was opened; ${restartNode}`
}

const restartNode = 'restart the node when its disk is well'

function isOutOfSpace(state: StoreState): boolean {
  return state.kind === 'read-only' && state.cause === 'space'
}
