import type { Clock, Timer } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { NodeLimits } from './node-context.ts'

export interface Watched {
  readonly clock: Clock
  readonly limits: NodeLimits
  /** Since when the batch that is leaving is, by the monotonic clock; undefined when none is. */
  readonly leavingSinceMs: () => number | undefined
  readonly isBusy: () => boolean
  readonly end: (reason: HoldfastError) => void
}

/** Looks at one connection every `bodyStallMs` and ends it when it holds memory or a place for nothing. */
export class StallWatch {
  readonly #watched: Watched
  #timer: Timer
  /** Ids of requests whose bodies were open when the window began. */
  #openBefore: ReadonlySet<number> = new Set()
  readonly #open = new Set<number>()
  #windowBytes = 0
  #activeMs: number

  constructor(watched: Watched) {
    this.#watched = watched
    this.#activeMs = watched.clock.monotonicMs()
    this.#timer = this.#arm()
  }

  active(): void {
    this.#activeMs = this.#watched.clock.monotonicMs()
  }

  bodyOpened(requestId: number): void {
    this.#open.add(requestId)
  }

  bodyBytes(count: number): void {
    this.#windowBytes += count
  }

  bodyClosed(requestId: number): void {
    this.#open.delete(requestId)
  }

  stop(): void {
    this.#timer.cancel()
  }

  #arm(): Timer {
    const { clock, limits: own } = this.#watched
    return clock.timer(own.bodyStallMs, () => this.#look(), { background: true })
  }

  #look(): void {
    const complaint = this.#complaint()
    if (complaint !== undefined) {
      this.#watched.end(new HoldfastError('TIMED_OUT', complaint))
      return
    }
    this.#windowBytes = 0
    this.#openBefore = new Set(this.#open)
    this.#timer = this.#arm()
  }

  #complaint(): string | undefined {
    const { clock, limits: own, leavingSinceMs, isBusy } = this.#watched
    const nowMs = clock.monotonicMs()
    const stalled = [...this.#openBefore].some((requestId) => this.#open.has(requestId))
    if (stalled && this.#windowBytes < own.bodyStallBytesMin) {
      return `A body brought only ${this.#windowBytes} bytes in ${own.bodyStallMs} ms`
    }
    const since = leavingSinceMs()
    if (since !== undefined && nowMs - since > limits.sendStallMs) {
      return `The opener took nothing for ${limits.sendStallMs} ms`
    }
    if (isBusy() || nowMs - this.#activeMs < own.connectionIdleMs) return undefined
    return `The connection was idle for ${own.connectionIdleMs} ms`
  }
}
