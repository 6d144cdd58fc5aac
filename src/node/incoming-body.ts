import { HoldfastError } from '../base/errors.ts'
import { dataRootOf, leafHashes } from '../core/merkle.ts'
import type { Primitives } from '../core/primitives.ts'
import { headerBytes } from '../core/shard.ts'
import { limits } from '../base/limits.ts'

/** A body on its way in: into memory of the store, or dropped. */
export interface IncomingBody {
  /** A piece in order; `ended` with the last. Throws MALFORMED when it is not as long as announced. */
  take(piece: Uint8Array, ended: boolean): void
  /** Resolves with the end of the body; rejects when the request was given up before. */
  readonly ended: Promise<void>
  giveUp(reason: Error): void
}

abstract class Announced implements IncomingBody {
  readonly ended: Promise<void>
  readonly #bodyBytes: number
  readonly #settle = Promise.withResolvers<void>()
  #takenBytes = 0

  constructor(bodyBytes: number) {
    this.#bodyBytes = bodyBytes
    this.ended = this.#settle.promise
    // Nobody may be waiting for it yet
    this.ended.catch(() => {})
  }

  take(piece: Uint8Array, ended: boolean): void {
    const takenBytes = this.#takenBytes + piece.length
    if (takenBytes > this.#bodyBytes || ended !== (takenBytes === this.#bodyBytes)) {
      const message = `A body of ${this.#bodyBytes} bytes was announced, ${takenBytes} came`
      throw new HoldfastError('MALFORMED', message)
    }
    this.keep(piece, this.#takenBytes)
    this.#takenBytes = takenBytes
    if (ended) this.#settle.resolve()
  }

  giveUp(reason: Error): void {
    this.#settle.reject(reason)
  }

  protected abstract keep(piece: Uint8Array, at: number): void
}

/** Read and forgotten: of a put that was refused, or that has no memory yet. */
export class DroppedBody extends Announced {
  protected override keep(): void {}
}

/** A shard's header and data: copied once, each leaf hashed while it is in the processor's cache. */
export class ShardBody extends Announced {
  readonly #target: Uint8Array
  readonly #primitives: Primitives
  readonly #leaves: Uint8Array[] = []
  #hashedTo = headerBytes

  constructor(target: Uint8Array, primitives: Primitives) {
    super(target.length)
    this.#target = target
    this.#primitives = primitives
  }

  /** Of the whole body, once it has ended. */
  dataRoot(): Uint8Array {
    this.#hashTo(this.#target.length)
    return dataRootOf(this.#primitives, this.#leaves)
  }

  protected override keep(piece: Uint8Array, at: number): void {
    this.#target.set(piece, at)
    const leaves = Math.floor((at + piece.length - headerBytes) / limits.leafBytes)
    this.#hashTo(headerBytes + leaves * limits.leafBytes)
  }

  /** `end` is at the end of a leaf. */
  #hashTo(end: number): void {
    if (end <= this.#hashedTo) return
    this.#leaves.push(...leafHashes(this.#primitives, this.#target.subarray(this.#hashedTo, end)))
    this.#hashedTo = end
  }
}
