/** Blocks of one request's body on their way out: what was not yet framed, and when all has left. */
export class OutgoingBody {
  readonly requestId: number
  readonly last: boolean
  /** Settles when the blocks are no longer needed. */
  readonly left: Promise<void>
  readonly #blocks: readonly Uint8Array[]
  readonly #onProgress: (() => void) | undefined
  readonly #settle: PromiseWithResolvers<void>
  #block = 0
  #at = 0
  #waitingBytes: number
  #dropped: Error | undefined

  constructor(
    requestId: number,
    blocks: readonly Uint8Array[],
    options: { readonly last: boolean; readonly onProgress?: (() => void) | undefined },
  ) {
    this.requestId = requestId
    this.last = options.last
    this.#onProgress = options.onProgress
    this.#blocks = blocks
    this.#waitingBytes = blocks.reduce((sum, block) => sum + block.length, 0)
    this.#settle = Promise.withResolvers()
    this.left = this.#settle.promise
  }

  /** Not yet in any frame. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Adds views of the next `count` bytes to `batch`. */
  take(count: number, batch: Uint8Array[]): void {
    this.#waitingBytes -= count
    for (let rest = count; rest > 0;) {
      const block = this.#blocks[this.#block]!
      const taken = Math.min(rest, block.length - this.#at)
      if (taken > 0) batch.push(block.subarray(this.#at, this.#at + taken))
      this.#at += taken
      rest -= taken
      if (this.#at === block.length) {
        this.#block += 1
        this.#at = 0
      }
    }
  }

  /** A batch with frames of it has left memory. */
  batchLeft(): void {
    if (this.#dropped) this.#settle.reject(this.#dropped)
    else if (this.#waitingBytes === 0) this.#settle.resolve()
    this.#onProgress?.()
  }

  /** Nothing more of it is sent; it settles when what is leaving has left. */
  drop(reason: Error): void {
    this.#dropped = reason
  }

  fail(reason: Error): void {
    this.#settle.reject(reason)
  }
}
