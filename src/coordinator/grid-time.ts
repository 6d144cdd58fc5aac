import type { Clock } from '../base/clock.ts'

/**
 * The time that all programs of a grid go by, ms: the wall clock of the coordinator, but never falling. When
 * that is set back, this goes on by the monotonic one: else everyone who heard the time before would be refused.
 */
export class GridTime {
  readonly #clock: Clock
  #lastMs: number
  #readMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastMs = clock.nowMs()
    this.#readMs = clock.monotonicMs()
  }

  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs()
    const wentOnMs = Math.floor(this.#lastMs + monotonicMs - this.#readMs)
    const nowMs = this.#clock.nowMs()
    // Followed forward at once; ms of difference are no step back.
    if (nowMs < wentOnMs) return wentOnMs
    this.#lastMs = nowMs
    this.#readMs = monotonicMs
    return nowMs
  }
}
