import type { Clock, Timer } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'

/** Not a failure of the node: others were asked instead. */
export class SlowNode extends Error {}

/**
 * How long reads that run side by side may take before others are asked in their place: `latestMs` at most,
 * and less once one of them has come back.
 */
export class Patience {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #timer: Timer
  #hurried = false

  constructor(clock: Clock, latestMs: number) {
    this.#clock = clock
    this.#timer = this.#endAfter(latestMs)
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

/** How fast reads have been, so that a slow way to all nodes is not taken for slow nodes. */
export class ReadPace {
  /** Of reads so far, the newest counting most; undefined before the first. */
  #msPerByte: number | undefined

  note(bytes: number, tookMs: number): void {
    const now = tookMs / bytes
    this.#msPerByte = this.#msPerByte === undefined ? now : this.#msPerByte * 0.8 + now * 0.2
  }

  /** How long a read of so many bytes may take. */
  latestMs(bytes: number): number {
    const usualMs = bytes * (this.#msPerByte ?? 0)
    return Math.max(limits.reserveLatestMs, usualMs * limits.reserveUsualTimes)
  }
}
