import type { ShardBuffer } from './buffer-pool.ts'

/**
 * Where a node keeps its shards. A shard id is 21 bytes: pack[16], index `u8`, placement generation `u32`
 * little-endian; ids are ordered as bytes. A *body* is a shard's 128-byte header and its data.
 *
 * Contract. What `put`, `remove` and `raiseTerm` resolved is durable: it survives a crash at any moment.
 * What they rejected, or what had not resolved at a crash, is there entirely or not at all. Nothing is
 * retried inside. Records are numbered from 1 without gaps; a number is never given to two acknowledged
 * records. A shard keeps its record number when compaction moves it. Reads give the bytes of the disk as
 * they are: who reads checks them. All calls may overlap.
 */
export interface ShardStore {
  /** 16 random bytes, made with the store: another id means another store. */
  readonly storeId: Uint8Array
  /** Number of the newest durable record; 0 in a new store. A smaller one than before: an old image. */
  readonly lastRecord: number
  readonly state: StoreState
  /** Highest term kept; 0 in a new store. */
  readonly term: number

  /** Memory for a body of `bodyBytes`; waits its turn when `nodeReceiveBytesMax` are out. */
  allocate(bodyBytes: number, options?: { readonly signal?: AbortSignal }): Promise<ShardBuffer>
  /** The same without waiting; undefined when the memory is used up or others wait. */
  tryAllocate(bodyBytes: number): ShardBuffer | undefined

  /**
   * Stores the body in `buffer`, whose header and root the caller has checked, and takes the buffer over:
   * it is released whatever happens. The same shard with the same root is stored once. Throws EXISTS
   * (held with another root), OVER_LIMIT, NO_SPACE, READ_ONLY, DISK_GONE.
   */
  put(buffer: ShardBuffer, options: { readonly root: Uint8Array }): Promise<StoredShard>
  /** What is held under this id, from memory; undefined when nothing is. */
  find(shardId: Uint8Array): HeldShard | undefined
  /**
   * Fills `target` with the shard's data from byte `offset` on. False when there is no such shard. Throws
   * OVER_LIMIT when the shard has no such range, CORRUPT when the disk cannot give it, DISK_GONE.
   */
  read(shardId: Uint8Array, range: ReadRange): Promise<boolean>
  /** Undefined when there is no such shard. Throws CORRUPT when its record cannot be read, DISK_GONE. */
  readHeader(shardId: Uint8Array): Promise<ShardDescription | undefined>
  /** Up to `most` shards after `after` (exclusive) in shard-id order. One whose record cannot be read is listed as damaged. */
  list(options: ListOptions): Promise<Listing>
  /** Removes the shard unless its record is newer than `recordNumber`. Throws NO_SPACE, READ_ONLY, DISK_GONE. */
  remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult>
  /** Remembers that bytes of this record were found wrong: the next `put` of the shard replaces it. */
  markDamaged(shardId: Uint8Array, recordNumber: number): void

  /** Keeps `term` durably when it is higher than the one kept. */
  raiseTerm(term: number): Promise<void>
  usage(): StoreUsage
  /** Looks at the disk again (free space, still there, writable again) and says the state. Cheap: call it with each heartbeat. */
  probe(): Promise<StoreState>
  /** One unit of background work (checkpoint of the index, compaction). Never two at a time. */
  work(): Promise<WorkDone>
  /** Ends what is under way, keeps the index, frees the folder. Later calls throw DISK_GONE. */
  close(): Promise<void>
}

export interface ReadRange {
  /** In the shard's data. */
  readonly offset: number
  readonly target: Uint8Array
}

export interface ListOptions {
  readonly after?: Uint8Array | undefined
  readonly most: number
}

export type StoreState =
  | { readonly kind: 'serving' }
  | { readonly kind: 'read-only'; readonly cause: 'space' | 'disk'; readonly reason: string }
  | { readonly kind: 'disk-gone'; readonly reason: string }

export interface StoredShard {
  readonly recordNumber: number
  /** All shards that became durable by the same write and sync: what one receipt signature covers. */
  readonly batch: StoredBatch
  /** This shard's place in `batch.shards`. */
  readonly position: number
}

/** One and the same object for all shards of the batch: a key for what is made once per batch. */
export interface StoredBatch {
  readonly shards: readonly BatchShard[]
}

export interface BatchShard {
  readonly shardId: Uint8Array
  readonly root: Uint8Array
  readonly recordNumber: number
}

export interface HeldShard {
  readonly shardId: Uint8Array
  readonly vault: Uint8Array
  /** Of the shard's data, without its header. */
  readonly dataBytes: number
  readonly recordNumber: number
  readonly damaged: boolean
}

export interface ShardDescription extends HeldShard {
  /** 128 bytes, zeros when damaged. */
  readonly header: Uint8Array
  /** Zeros when the record cannot be read. */
  readonly root: Uint8Array
  /** Wall clock of the node when the shard was first stored, ms. */
  readonly storedMs: number
}

export interface Listing {
  readonly shards: readonly ShardDescription[]
  readonly more: boolean
}

export type RemoveResult = 'absent' | 'removed' | 'kept'

export interface StoreUsage {
  readonly shards: number
  /** Of all segments and the index on disk. */
  readonly usedBytes: number
  /** Of the records of shards that are held. */
  readonly liveBytes: number
  /** For new shards: free on the disk, less the reserve. */
  readonly freeBytes: number
}

export type WorkDone = 'nothing-to-do' | 'did-some'
