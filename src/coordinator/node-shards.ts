/**
 * The shards of one node as the coordinator reaches them. All throw NODE_UNREACHABLE, CONNECTION_LOST or
 * TIMED_OUT when the node does not answer.
 */
import type { HeldShard, Id } from '../catalogue/catalogue.ts'

export interface ShardPlace {
  readonly pack: Id
  readonly index: number
  readonly generation: number
  readonly vault: Id
}

export interface NodeShards {
  /** In order of shard id, after `after`. */
  list(request: {
    readonly after: Omit<ShardPlace, 'vault'> | undefined
    readonly most: number
    readonly signal?: AbortSignal
  }): Promise<{ readonly shards: readonly HeldShard[]; readonly more: boolean }>
  /** Unproven bytes: the caller checks them. NOT_FOUND when there is no such shard. */
  read(
    place: ShardPlace,
    range: { readonly offset: number; readonly length: number; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>
  /** Durable when it resolves, with the receipt (docs/format.md, section 6). */
  put(
    place: ShardPlace,
    shard: {
      readonly header: Uint8Array
      readonly content: Uint8Array
      readonly root: Uint8Array
      readonly signal?: AbortSignal
    },
  ): Promise<Uint8Array>
  delete(
    shards: readonly {
      readonly pack: Id
      readonly index: number
      readonly generation: number
      readonly recordNumber: number
    }[],
    options: { readonly term: number; readonly signal?: AbortSignal },
  ): Promise<readonly ('absent' | 'removed' | 'kept')[]>
  close(): void
}
