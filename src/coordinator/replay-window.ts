import type { Clock } from '../base/clock.ts'

/**
 * Request ids that each session used, kept for as long as their time would still be taken. Two generations,
 * each as long as that: an id is forgotten one to two lengths after its use, and nothing is sorted.
 */
export class ReplayWindow {
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #most: number
  #current = new Map<string, Set<string>>()
  #before = new Map<string, Set<string>>()
  #turnedMs: number

  /** `windowMs`: how far apart the times may be that are taken for one request. */
  constructor(
    clock: Clock,
    options: { readonly windowMs: number; readonly requestsPerSessionMax: number },
  ) {
    this.#clock = clock
    this.#windowMs = options.windowMs
    this.#most = options.requestsPerSessionMax
    this.#turnedMs = clock.monotonicMs()
  }

  /** Takes note of an id: 'seen' when it was used before, 'full' when the session used too many. */
  take(session: string, requestId: string): 'new' | 'seen' | 'full' {
    this.#turn()
    if (this.#before.get(session)?.has(requestId)) return 'seen'
    const used = this.#current.get(session) ?? new Set()
    if (used.has(requestId)) return 'seen'
    if (used.size >= this.#most) return 'full'
    used.add(requestId)
    this.#current.set(session, used)
    return 'new'
  }

  #turn(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#turnedMs < this.#windowMs) return
    this.#before = nowMs - this.#turnedMs < 2 * this.#windowMs ? this.#current : new Map()
    this.#current = new Map()
    this.#turnedMs = nowMs
  }
}
