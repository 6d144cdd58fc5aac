/** What makes a shard a shard: header, codeword hash, root, id (docs/format.md, section 5). */
import type { Primitives } from './primitives.ts'
import { HoldfastError } from '../base/errors.ts'

export const headerBytes = 128
export const shardIdBytes = 21

export type ShardKind = 'data' | 'journal'

export interface ShardHeader {
  readonly kind: ShardKind
  /** 1 */
  readonly code: number
  readonly k: number
  readonly m: number
  readonly index: number
  /** 16 bytes. */
  readonly pack: Uint8Array
  /** 16 bytes. */
  readonly vault: Uint8Array
  readonly placementGeneration: number
  readonly shardBytes: number
  readonly packBytes: number
  /** 32 bytes. */
  readonly codeword: Uint8Array
}

export function encodeHeader(_primitives: Primitives, _header: ShardHeader): Uint8Array {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Throws MALFORMED or VERSION_UNSUPPORTED. Views into `bytes`, no copies. */
export function decodeHeader(_primitives: Primitives, _bytes: Uint8Array): ShardHeader {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** What a codeword hash covers beside the data roots. */
export interface CodewordShape {
  readonly code: number
  readonly k: number
  readonly m: number
  readonly packBytes: number
}

export function codewordHash(
  _primitives: Primitives,
  _shape: CodewordShape,
  _options: { readonly dataRoots: readonly Uint8Array[] },
): Uint8Array {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Root of a shard from its encoded header and its data root. */
export function shardRoot(
  _primitives: Primitives,
  _options: { readonly header: Uint8Array; readonly dataRoot: Uint8Array },
): Uint8Array {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** A pack's description: what all its headers have in common but for index and codeword hash. */
export interface PackDescription extends CodewordShape {
  readonly kind: ShardKind
  readonly pack: Uint8Array
  readonly vault: Uint8Array
  readonly placementGeneration: number
}

export interface ShardIdentity {
  /** Encoded header, 128 bytes. */
  readonly header: Uint8Array
  readonly root: Uint8Array
}

/** Headers and roots of all k + m shards from the description and all data roots in order. */
export function shardIdentities(
  _primitives: Primitives,
  _description: PackDescription,
  _options: { readonly dataRoots: readonly Uint8Array[] },
): ShardIdentity[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}

export interface ShardId {
  /** 16 bytes. */
  readonly pack: Uint8Array
  readonly index: number
  readonly placementGeneration: number
}

/** 21 bytes. */
export function encodeShardId(_id: ShardId): Uint8Array {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Throws MALFORMED. */
export function decodeShardId(_bytes: Uint8Array): ShardId {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** `packhex-index-generation` */
export function shardIdText(_id: ShardId): string {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** Undefined when the text is none. */
export function parseShardId(_text: string): ShardId | undefined {
  throw new HoldfastError('INTERNAL', 'not yet')
}
