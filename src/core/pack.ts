/** Packs: policy, sizes, chunk list and trailer (docs/format.md, section 4). */
import type { Primitives } from './primitives.ts'
import { HoldfastError } from '../base/errors.ts'

export interface Policy {
  readonly k: number
  readonly m: number
}

/** Throws BAD_POLICY unless k is 1–16 and m is 1–4. */
export function checkPolicy(_policy: Policy): void {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Bytes of sealed chunks at which a pack is full: k × 1 MiB, within 4 and 16 MiB. */
export function packTargetBytes(_policy: Policy): number {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Length of each shard of a pack, a multiple of 64. */
export function shardBytesOf(_packBytes: number, _k: number): number {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Padmé: the padded length of `length` bytes. */
export function padme(_length: number): number {
  throw new HoldfastError('INTERNAL', 'not yet')
}

export interface PackedChunk {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly generation: number
  readonly sealedBytes: number
}

export interface PackListKey {
  /** The vault's pack-list key, 32 bytes. */
  readonly key: Uint8Array
  readonly vault: Uint8Array
  readonly pack: Uint8Array
}

/** Bytes of chunk list and trailer of a pack of so many chunks. */
export function packTailBytes(_chunkCount: number): number {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Writes chunk list and trailer into `into`, whose length is `packTailBytes`. */
export function writePackTail(
  _primitives: Primitives,
  _keys: PackListKey & { readonly nonce: Uint8Array },
  _options: { readonly chunks: readonly PackedChunk[]; readonly into: Uint8Array },
): void {
  throw new HoldfastError('INTERNAL', 'not yet')
}

export interface PlacedChunk extends PackedChunk {
  /** Offset of the sealed chunk in the pack. */
  readonly offset: number
}

/**
 * Chunks of a whole pack (without the zeros behind it). Throws MALFORMED, VERSION_UNSUPPORTED, or CORRUPT
 * when the seal is not right.
 */
export function readPackTail(
  _primitives: Primitives,
  _keys: PackListKey,
  _options: { readonly pack: Uint8Array },
): PlacedChunk[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Plans which chunks go into one pack together. */
export class PackPlan {
  readonly #targetBytes: number

  constructor(policy: Policy) {
    this.#targetBytes = packTargetBytes(policy)
  }

  /** Whether a sealed chunk of this length must go into a new pack: this one must be closed first. */
  closesBefore(_sealedBytes: number): boolean {
    throw new HoldfastError('INTERNAL', `not yet ${this.#targetBytes}`)
  }

  /** Takes it; gives its offset in the pack. */
  add(_chunk: PackedChunk): number {
    throw new HoldfastError('INTERNAL', 'not yet')
  }

  /** Sealed chunks so far. */
  get chunks(): readonly PackedChunk[] {
    throw new HoldfastError('INTERNAL', 'not yet')
  }

  /** Bytes of the sealed chunks so far. */
  get chunkBytes(): number {
    throw new HoldfastError('INTERNAL', 'not yet')
  }

  /** Pack length if it were closed now. */
  get packBytes(): number {
    throw new HoldfastError('INTERNAL', 'not yet')
  }
}
