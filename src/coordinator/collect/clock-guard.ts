import type { Clock } from '../../base/clock.ts'

/**
 * Watches whether the wall clock goes with the monotonic one. Time never makes a deletion safe, but a jump
 * would make it sooner than promised.
 */
export class ClockGuard {
  readonly #clock: Clock
  readonly #jumpMaxMs: number
  #offsetMs: number
  #jumped = false

  constructor(clock: Clock, jumpMaxMs: number) {
    this.#clock = clock
    this.#jumpMaxMs = jumpMaxMs
    this.#offsetMs = clock.nowMs() - clock.monotonicMs()
  }

  /** False for good after a jump of more than the limit between two calls. */
  steady(): boolean {
    const offsetMs = this.#clock.nowMs() - this.#clock.monotonicMs()
    if (Math.abs(offsetMs - this.#offsetMs) > this.#jumpMaxMs) this.#jumped = true
    this.#offsetMs = offsetMs
    return !this.#jumped
  }
}
