import type { ShardId } from '../core/shard.ts'

/**
 * What clients and the coordinator ask of a storage node (docs/protocol.md, section 3), as calls. All of
 * them throw what the node answered (with `node` in the details), CONNECTION_LOST when the connection broke
 * (a put or delete may have been done), TIMED_OUT, NODE_UNREACHABLE, or the signal's reason. Nothing is
 * retried. Many may be under way at once.
 */
export interface ShardRequests {
  /**
   * Stores a shard: `blocks` are header[128] and data, one after the other; they must not change until this
   * settles, and may be views of shared memory. Resolves with the node's receipt (docs/format.md 6) once
   * the shard is durable there. The caller checks the receipt.
   */
  put(shard: ShardAddress, options: PutOptions): Promise<Uint8Array>
  /**
   * Fills `into` with the shard's data from `offset`. The bytes are as the disk has them: the caller checks.
   * Rejecting, it may have written some. NOT_FOUND, CORRUPT.
   */
  read(shard: ShardAddress, options: ReadOptions): Promise<void>
  readHeader(shard: ShardAddress, options?: RequestOptions): Promise<ShardHead>
  /** The bytes and siblings of leaf number `leaf`, unchecked. */
  proveLeaf(
    shard: ShardAddress,
    options: RequestOptions & { readonly leaf: number },
  ): Promise<ProvenLeaf>
  /** In order; at most `haveShardsMax`. */
  have(shards: readonly ShardAddress[], options?: RequestOptions): Promise<Held[]>
  /** Coordinator only. In shard-id order from behind `after`. */
  list(options: RequestOptions & ListOptions): Promise<ShardListing>
  /** Coordinator only. In order; at most `deleteShardsMax`. Durable when it resolves. */
  delete(
    shards: readonly RecordedShard[],
    options: RequestOptions & { readonly term: number },
  ): Promise<Deleted[]>
  status(options?: RequestOptions): Promise<NodeStatus>
  /** Coordinator only. */
  time(
    now: { readonly timeMs: number; readonly term: number },
    options?: RequestOptions,
  ): Promise<void>
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** Without progress for this long it fails with TIMED_OUT; `shardRequestMs` by default. */
  readonly stallMs?: number | undefined
}

export interface PutOptions extends RequestOptions {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly blocks: readonly Uint8Array[]
}

export interface ReadOptions extends RequestOptions {
  /** Bytes from the start of the shard's data (its header not counted). */
  readonly offset: number
  readonly into: Uint8Array
}

export interface ShardAddress {
  readonly shard: ShardId
  /** 16 bytes. */
  readonly vault: Uint8Array
}

export interface ShardHead {
  /** 128 bytes. */
  readonly header: Uint8Array
  /** 32 bytes. */
  readonly root: Uint8Array
}

export interface ProvenLeaf {
  /** 128 bytes. */
  readonly header: Uint8Array
  /** 32 bytes each, from the leaf to the data root. */
  readonly siblings: readonly Uint8Array[]
  readonly leaf: Uint8Array
}

export type Held = 'absent' | 'held' | 'damaged'
export type Deleted = 'absent' | 'removed' | 'kept'

export interface ListOptions {
  readonly after?: ShardId | undefined
  /** At most `listShardsMax`. */
  readonly most: number
}

export interface ShardListing {
  readonly shards: readonly ListedShard[]
  readonly more: boolean
}

export interface ListedShard extends ShardAddress {
  /** Without its header. */
  readonly dataBytes: number
  readonly recordNumber: number
  readonly ageMs: number
  readonly root: Uint8Array
}

export interface RecordedShard {
  readonly shard: ShardId
  readonly recordNumber: number
}

export type StoreState = 'serving' | 'read-only' | 'disk-gone'

export interface NodeStatus {
  readonly state: StoreState
  /** 16 bytes. */
  readonly storeId: Uint8Array
  readonly lastRecord: number
  readonly usedBytes: number
  readonly freeBytes: number
  readonly shards: number
  readonly term: number
}
