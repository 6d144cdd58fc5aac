/** Erasure code 1 on ordinary bytes (docs/format.md, section 4): copies in and out, for small or rare use. */
import type { Kernels } from './kernels.ts'
import { HoldfastError } from '../base/errors.ts'

export interface CodeShape {
  readonly k: number
  readonly m: number
}

export interface IndexedShard {
  readonly index: number
  /** The whole shard, or the same range of each. */
  readonly bytes: Uint8Array
}

/** Parity shards of k data shards of equal length. */
export function encodeParity(
  _kernels: Kernels,
  _shape: CodeShape,
  _options: { readonly shards: readonly Uint8Array[] },
): Uint8Array[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}

/** The wanted shards, in the order of `wanted`, from any k others of equal length. */
export function reconstructShards(
  _kernels: Kernels,
  _shape: CodeShape,
  _options: { readonly present: readonly IndexedShard[]; readonly wanted: readonly number[] },
): Uint8Array[] {
  throw new HoldfastError('INTERNAL', 'not yet')
}
