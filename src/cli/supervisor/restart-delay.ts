/** How long a supervisor waits before it starts a process again: longer each time it dies young. */
import { limits } from '../../base/limits.ts'

export interface RestartLimits {
  readonly restartDelayMs: number
  readonly restartDelayMaxMs: number
  /** A process that lived for so long counts as sound: the pauses begin anew. */
  readonly restartStableMs: number
}

export class RestartDelay {
  readonly #limits: RestartLimits
  #nextMs: number

  constructor(restartLimits: RestartLimits = limits) {
    this.#limits = restartLimits
    this.#nextMs = restartLimits.restartDelayMs
  }

  /** The pause after a life of `livedMs`. */
  after(livedMs: number): number {
    const { restartDelayMs, restartDelayMaxMs, restartStableMs } = this.#limits
    if (livedMs >= restartStableMs) this.#nextMs = restartDelayMs
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(restartDelayMaxMs, delayMs * 2)
    return delayMs
  }
}
