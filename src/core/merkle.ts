/** The Merkle tree over a shard's data (docs/format.md, section 5). */
import type { Primitives } from './primitives.ts'
import { HoldfastError } from '../base/errors.ts'

/** Collects the leaf hashes of one shard's data while its bytes arrive. */
export class LeafHasher {
  readonly #primitives: Primitives

  constructor(primitives: Primitives) {
    this.#primitives = primitives
  }

  /** Pieces of any size; whole leaves are hashed where they lie, without a copy. */
  update(_bytes: Uint8Array): void {
    throw new HoldfastError('INTERNAL', `not yet ${typeof this.#primitives}`)
  }

  /** Ends it: all leaf hashes, in order, 32 bytes each. */
  finish(): Uint8Array[] {
    throw new HoldfastError('INTERNAL', 'not yet')
  }
}

/** Leaf hashes of data that is there at once. */
export function leafHashes(_primitives: Primitives, _bytes: Uint8Array): Uint8Array[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Data root from leaf hashes: at least one. */
export function dataRootOf(_primitives: Primitives, _leaves: readonly Uint8Array[]): Uint8Array {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Data root of data that is there at once. */
export function dataRoot(primitives: Primitives, bytes: Uint8Array): Uint8Array {
  return dataRootOf(primitives, leafHashes(primitives, bytes))
}

/** Sibling hashes of leaf `index`, from the leaf to the root. */
export function proveLeaf(
  _primitives: Primitives,
  _leaves: readonly Uint8Array[],
  _index: number,
): Uint8Array[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}

export interface LeafProof {
  readonly index: number
  /** Of the whole shard's data. */
  readonly shardBytes: number
  /** The leaf's bytes. */
  readonly leaf: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

/** The data root that the proof leads to; undefined when its shape is wrong for that length and index. */
export function rootFromProof(_primitives: Primitives, _proof: LeafProof): Uint8Array | undefined {
  throw new HoldfastError('INTERNAL', 'not yet')
}
