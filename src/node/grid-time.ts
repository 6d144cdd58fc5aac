import type { Clock } from '../base/clock.ts'

/**
 * The coordinator's time as a node knows it: what was last learned, carried on by the monotonic clock. Until
 * something was learned it is this machine's wall clock.
 */
export class GridTime {
  readonly #clock: Clock
  #learned: { readonly timeMs: number; readonly atMs: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    if (this.#learned === undefined) return this.#clock.nowMs()
    const { timeMs, atMs } = this.#learned
    return Math.floor(timeMs + this.#clock.monotonicMs() - atMs)
  }

  learn(timeMs: number): void {
    this.#learned = { timeMs, atMs: this.#clock.monotonicMs() }
  }
}
