/** Packs, what is in them, and where their shards are. */
import type { Blob, Id } from '../ids.ts'
import type { Excess } from './accounts.ts'

/** What a pack is, wherever its shards are. */
export interface DescribedPack {
  readonly pack: Id
  readonly kind: number
  readonly code: number
  readonly k: number
  readonly m: number
  readonly packLength: number
  readonly shardLength: number
  readonly generation: number
  /** k + m data roots, 32 bytes each, together. */
  readonly dataRoots: Blob
}

export interface NewPack extends DescribedPack {
  readonly chunks: readonly NewChunk[]
  /** All k + m: durable ones with their record number, the others where they are wanted. */
  readonly shards: readonly NewShard[]
}

export interface NewChunk {
  readonly id: Blob
  readonly offset: number
  readonly length: number
  readonly generation: number
}

export type RegisterAnswer =
  | { readonly kind: 'registered' }
  | { readonly kind: 'dead'; readonly packs: readonly Id[] }
  | { readonly kind: 'upload-gone' }
  /** The owner of the vault may not use so much. */
  | ({ readonly kind: 'over-quota' } & Excess)

/** Ordered by pack, index, generation, as nodes list them. */
export interface ShardKey {
  readonly pack: Id
  readonly index: number
  readonly generation: number
}

/** `missing`: wanted at `node`, not there. `unknown`: until a census. `lost`: proven gone, no place wanted. */
export type ShardState = 'durable' | 'missing' | 'unknown' | 'lost'

export interface NewShard extends ShardKey {
  readonly node: Id
  readonly state: 'durable' | 'missing'
  readonly recordNumber: number | undefined
  /** Of a durable one. When it is of another store than the node has by now, the shard is `missing`. */
  readonly receipt?: ReceiptStore | undefined
}

/** Which store gave a receipt, and when by the coordinator's time as its node knew it. */
export interface ReceiptStore {
  readonly storeId: Id
  readonly givenMs: number
}

export interface HeldShard extends ShardKey {
  readonly vault: Id
  readonly recordNumber: number
  readonly ageMs: number
  /** Zeros of one that the node knows to be damaged: its row becomes missing. */
  readonly root: Blob
}

export interface PackPlaces extends DescribedPack {
  readonly vault: Id
  readonly shards: readonly {
    readonly index: number
    readonly node: Id
    readonly state: ShardState
    readonly recordNumber: number | undefined
    readonly sinceMs: number
  }[]
}
