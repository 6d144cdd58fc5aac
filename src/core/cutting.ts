/** Content-defined boundaries of a stream of bytes (docs/format.md, section 3.1). */
import type { Kernels } from './kernels.ts'
import { HoldfastError } from '../base/errors.ts'

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

  /** `cutKey`: 32 bytes. */
  constructor(kernels: Kernels, cutKey: Uint8Array) {
    this.#kernels = kernels
    this.#key = cutKey
  }

  /**
   * Length of the chunk that begins at `at`, after which the next call speaks of the next chunk; undefined
   * when more bytes are needed (or when the stream ended and none are left).
   */
  next(_window: CutWindow): number | undefined {
    throw new HoldfastError('INTERNAL', `not yet ${this.#key.length} ${typeof this.#kernels}`)
  }
}
