import type { Clock, Timer } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'

/** Not a failure of the node: others were asked instead. */
export class SlowNode extends Error {}

/**
 * How long reads that run side by side may take before others are asked in their place: a while at most,
 * and less once one of them has come back.
 */
export class Patience {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #timer: Timer
  #hurried = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#timer = this.#endAfter(limits.reserveLatestMs)
  }

  /** Aborted, with a SlowNode, when it is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** One has answered. */
  answered(): void {
    if (this.#hurried) return
    this.#hurried = true
    this.#timer.cancel()
    this.#timer = this.#endAfter(limits.reserveAfterMs)
  }

  /** All have. */
  end(): void {
    this.#timer.cancel()
  }

  #endAfter(delayMs: number): Timer {
    return this.#clock.timer(delayMs, () => this.#controller.abort(new SlowNode()))
  }
}
