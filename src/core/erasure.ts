/** Erasure code 1 on ordinary bytes (docs/format.md, section 4): copies in and out, for small or rare use. */
import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { createKernels, scratchBytes, type Kernels } from './kernels.ts'

export interface CodeShape {
  readonly k: number
  readonly m: number
}

export interface IndexedShard {
  readonly index: number
  /** The whole shard, or the same range of each. */
  readonly bytes: Uint8Array
}

/** Bytes of each shard that are worked on at a time: all of them fit a processor's cache. */
const stripBytes = 16 * 1024
const placesMax = limits.policyDataMax + limits.policyParityMax

/** Kernels with just the memory that this needs; grows to no more. Not shared between threads. */
export class ErasureCoder {
  readonly #kernels: Kernels = createKernels({ bytes: scratchBytes + placesMax * stripBytes })

  /** The m parity shards of k data shards of equal length. */
  encodeParity(shape: CodeShape, shards: readonly Uint8Array[]): Uint8Array[] {
    const present = shards.map((bytes, index) => ({ index, bytes }))
    const wanted = Array.from({ length: shape.m }, (_, parity) => shape.k + parity)
    return this.reconstruct(shape, { present, wanted })
  }

  /** The wanted shards, in the order of `wanted`, from at least k others of equal length. */
  reconstruct(
    shape: CodeShape,
    shards: { readonly present: readonly IndexedShard[]; readonly wanted: readonly number[] },
  ): Uint8Array[] {
    const { k } = shape
    const present = shards.present.slice(0, k)
    const bytes = present[0]?.bytes.length ?? 0
    assert(present.length === k, 'k shards are needed')
    assert(
      present.every((shard) => shard.bytes.length === bytes),
      'shards have one length',
    )
    assert(k + shards.wanted.length <= placesMax, 'no shard is wanted twice')
    const outputs = shards.wanted.map((index) => ({ index, bytes: new Uint8Array(bytes) }))
    for (let from = 0; from < bytes; from += stripBytes) {
      this.#strip(shape, { present, outputs, from, to: Math.min(bytes, from + stripBytes) })
    }
    return outputs.map((output) => output.bytes)
  }

  #strip(shape: CodeShape, strip: Strip): void {
    const { present, outputs, from, to } = strip
    const memory = new Uint8Array(this.#kernels.memory.buffer)
    const inputs = present.map(({ index }, at) => ({ index, at: placeAt(at) }))
    const wanted = outputs.map(({ index }, at) => ({ index, at: placeAt(shape.k + at) }))
    inputs.forEach(({ at }, input) => memory.set(present[input]!.bytes.subarray(from, to), at))
    this.#kernels.reconstruct({ ...shape, bytes: to - from, present: inputs, wanted })
    wanted.forEach(({ at }, output) => {
      outputs[output]!.bytes.set(memory.subarray(at, at + to - from), from)
    })
  }
}

interface Strip {
  readonly present: readonly IndexedShard[]
  readonly outputs: readonly IndexedShard[]
  readonly from: number
  readonly to: number
}

function placeAt(place: number): number {
  return scratchBytes + place * stripBytes
}
