/**
 * The hot kernels in WebAssembly: erasure code 1 and the boundary search (docs/format.md, sections 3.1 and
 * 4). All work on offsets into one memory, in place; copies decide the speed, so callers keep their buffers
 * in that memory. One instance belongs to one thread; several may share one memory when each has its own
 * scratch.
 */
import { HoldfastError } from '../base/errors.ts'

export interface KernelOptions {
  /** Where to work: shared or not. Without it a new unshared one of `bytes`. */
  readonly memory?: WebAssembly.Memory
  /** Size of the new memory, scratch included; rounded up to pages of 64 KiB. */
  readonly bytes?: number
  /** Offset of `scratchBytes` that belong to this instance alone; a multiple of 16. 0 unless given. */
  readonly scratchAt?: number
}

/** Room that one instance needs for its tables. */
export const scratchBytes = 16 * 1024

export interface EncodeWork {
  readonly k: number
  readonly m: number
  /** A multiple of 64. */
  readonly shardBytes: number
  /** Offset of data shard 0; the others follow, then the m parity shards, which are written. */
  readonly at: number
}

/** A shard, or the same range of each shard, somewhere in the memory. */
export interface ShardPlace {
  /** 0…k−1 data, k…k+m−1 parity. */
  readonly index: number
  readonly at: number
}

export interface ReconstructWork {
  readonly k: number
  readonly m: number
  /** Of the range that is computed: any number. */
  readonly bytes: number
  /** At least k different shards, the first k of which are used. */
  readonly present: readonly ShardPlace[]
  /** What to compute; may not overlap what is present. */
  readonly wanted: readonly ShardPlace[]
}

export interface CutWork {
  /** Offset of the chunk's first byte. */
  readonly at: number
  /** Lengths that the chunk may have: from `fromBytes` (at least 32) to `toBytes`, both included. */
  readonly fromBytes: number
  readonly toBytes: number
  /** One candidate in 2^bits is a boundary. */
  readonly bits: number
  /** First 16 bytes of the cut key. */
  readonly key: Uint8Array
}

export interface Kernels {
  readonly memory: WebAssembly.Memory
  encode(work: EncodeWork): void
  reconstruct(work: ReconstructWork): void
  /** The least length in the range at which the rule of section 3.1 holds; undefined when there is none. */
  findCut(work: CutWork): number | undefined
}

export function createKernels(_options: KernelOptions): Kernels {
  throw new HoldfastError('INTERNAL', 'not yet')
}
