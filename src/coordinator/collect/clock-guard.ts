import type { Clock } from '../../base/clock.ts'

/**
 * Watches whether the wall clock goes with the monotonic one. Time never makes a deletion safe, but a clock
 * that was set forward would make it sooner than promised; a machine that slept looks the same. So after a
 * jump there is a rest: time for someone to look, and to set the clock.
 */
export class ClockGuard {
  readonly #clock: Clock
  readonly #jumpMaxMs: number
  readonly #restMs: number
  #offsetMs: number
  #restUntilMs = -Infinity

  constructor(clock: Clock, options: { readonly jumpMaxMs: number; readonly restMs: number }) {
    this.#clock = clock
    this.#jumpMaxMs = options.jumpMaxMs
    this.#restMs = options.restMs
    this.#offsetMs = clock.nowMs() - clock.monotonicMs()
  }

  /** False for the rest after a jump of more than the limit between two calls. */
  steady(): boolean {
    const monotonicMs = this.#clock.monotonicMs()
    const offsetMs = this.#clock.nowMs() - monotonicMs
    if (Math.abs(offsetMs - this.#offsetMs) > this.#jumpMaxMs) {
      this.#restUntilMs = monotonicMs + this.#restMs
    }
    this.#offsetMs = offsetMs
    return monotonicMs >= this.#restUntilMs
  }
}
