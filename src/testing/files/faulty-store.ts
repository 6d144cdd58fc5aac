/** A store that can be told to hang, to dawdle, to be full, or to give bytes other than it took. */
import { HoldfastError } from '../../base/errors.ts'
import type { ShardBuffer } from '../../blocks/buffer-pool.ts'
import type {
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
} from '../../blocks/shard-store.ts'

/** What is done before an operation: may wait, for ever too, or throw. */
export type Before = () => Promise<void> | void

export class FaultyStore implements ShardStore {
  readonly #store: ShardStore
  beforePut: Before = () => {}
  beforeRead: Before = () => {}
  /** Spoils what was read. */
  afterRead: (target: Uint8Array) => void = () => {}
  /** Instead of the state of the store. */
  said: StoreState | undefined
  /** Instead of what is free in the store. */
  freeBytes: number | undefined
  puts = 0
  putBytes = 0
  reads = 0
  readBytes = 0

  constructor(store: ShardStore) {
    this.#store = store
  }

  get storeId(): Uint8Array {
    return this.#store.storeId
  }

  get lastRecord(): number {
    return this.#store.lastRecord
  }

  get state(): StoreState {
    return this.said ?? this.#store.state
  }

  get term(): number {
    return this.#store.term
  }

  allocate(bodyBytes: number, options?: { readonly signal?: AbortSignal }): Promise<ShardBuffer> {
    return this.#store.allocate(bodyBytes, options)
  }

  tryAllocate(bodyBytes: number): ShardBuffer | undefined {
    return this.#store.tryAllocate(bodyBytes)
  }

  async put(buffer: ShardBuffer, options: { readonly root: Uint8Array }): Promise<StoredShard> {
    this.puts += 1
    this.putBytes += buffer.body.length
    try {
      await this.beforePut()
    } catch (error) {
      buffer.release()
      throw error
    }
    return await this.#store.put(buffer, options)
  }

  find(shardId: Uint8Array): ReturnType<ShardStore['find']> {
    return this.#store.find(shardId)
  }

  async read(shardId: Uint8Array, range: ReadRange): Promise<boolean> {
    this.reads += 1
    this.readBytes += range.target.length
    await this.beforeRead()
    const found = await this.#store.read(shardId, range)
    if (found) this.afterRead(range.target)
    return found
  }

  readHeader(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    return this.#store.readHeader(shardId)
  }

  list(options: ListOptions): Promise<Listing> {
    return this.#store.list(options)
  }

  remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    return this.#store.remove(shardId, recordNumber)
  }

  markDamaged(shardId: Uint8Array, recordNumber: number): void {
    this.#store.markDamaged(shardId, recordNumber)
  }

  raiseTerm(term: number): Promise<void> {
    return this.#store.raiseTerm(term)
  }

  usage(): StoreUsage {
    const usage = this.#store.usage()
    return { ...usage, freeBytes: this.freeBytes ?? usage.freeBytes }
  }

  probe(): Promise<StoreState> {
    return Promise.resolve(this.state)
  }

  work(): Promise<WorkDone> {
    return this.#store.work()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

/** Never resolves. */
export const hang: Before = () => new Promise(() => {})

export const full: Before = () => {
  throw new HoldfastError('NO_SPACE', 'The disk is full')
}
