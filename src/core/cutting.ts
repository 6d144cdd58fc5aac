/** Content-defined boundaries of a stream of bytes (docs/format.md, section 3.1). */
import { limits } from '../base/limits.ts'
import type { Kernels } from './kernels.ts'

/** Zero bits of the keyed hash that make a candidate a boundary: before and from the normal length. */
const bitsBeforeNormal = 12
const bitsFromNormal = 8

/** What is known of the chunk that is being cut. */
export interface CutWindow {
  /** Offset of the chunk's first byte in the kernels' memory; may change from call to call. */
  readonly at: number
  /** Bytes there, from the chunk's first. More than one chunk is fine. */
  readonly bytes: number
  /** Nothing comes after these bytes. */
  readonly ended: boolean
}

/** Cuts one stream. Boundaries are the same whatever the sizes of the pieces. */
export class Cutter {
  readonly #kernels: Kernels
  readonly #key: Uint8Array
  /** Of the chunk that is being cut: no length up to this one ends it. */
  #searchedBytes = 0

  /** `cutKey`: 32 bytes. */
  constructor(kernels: Kernels, cutKey: Uint8Array) {
    this.#kernels = kernels
    this.#key = cutKey
  }

  /**
   * Length of the chunk that begins at `at`, after which the next call speaks of the next chunk; undefined
   * when more bytes are needed, or when the stream ended and none are left. Bytes are searched once,
   * however often the call is repeated with more of them.
   */
  next(window: CutWindow): number | undefined {
    const bytes = Math.min(window.bytes, limits.chunkBytesMax)
    const cut = this.#search(window.at, bytes) ?? this.#forcedCut(window)
    this.#searchedBytes = cut === undefined ? bytes : 0
    return cut
  }

  #search(at: number, bytes: number): number | undefined {
    const { chunkBytesMin, chunkBytesNormal } = limits
    const from = Math.max(this.#searchedBytes, chunkBytesMin) + 1
    const middle = Math.min(bytes, chunkBytesNormal)
    return (
      this.#find(at, { from, to: middle, bits: bitsBeforeNormal }) ??
      this.#find(at, {
        from: Math.max(from, chunkBytesNormal + 1),
        to: bytes,
        bits: bitsFromNormal,
      })
    )
  }

  #find(
    at: number,
    range: { readonly from: number; readonly to: number; readonly bits: number },
  ): number | undefined {
    const { from, to, bits } = range
    if (from > to) return undefined
    return this.#kernels.findCut({ at, fromBytes: from, toBytes: to, bits, key: this.#key })
  }

  /** Where no content decides: at the longest length, and at the end. */
  #forcedCut(window: CutWindow): number | undefined {
    if (window.bytes >= limits.chunkBytesMax) return limits.chunkBytesMax
    return window.ended && window.bytes > 0 ? window.bytes : undefined
  }
}
