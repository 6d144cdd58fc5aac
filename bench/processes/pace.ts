/** When bytes may pass a link of limited rate. */
export class Pace {
  readonly #bytesPerMs: number
  readonly #burstMs: number
  /** When all that was let through so far has passed. */
  #freeMs = -Infinity

  /** After silence, `burstMs` worth of bytes pass at once: timers are coarser than a link. */
  constructor(bytesPerSecond: number, options: { readonly burstMs: number }) {
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#burstMs = options.burstMs
  }

  /** How long these bytes, behind those of all calls before, have to wait. */
  delayMs(bytes: number, nowMs: number): number {
    this.#freeMs = Math.max(this.#freeMs, nowMs - this.#burstMs) + bytes / this.#bytesPerMs
    return Math.max(0, this.#freeMs - nowMs)
  }
}
