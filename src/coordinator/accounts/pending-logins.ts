import type { Clock } from '../../base/clock.ts'

/** A log-in that was begun; `account` is undefined when there is no such account. */
export interface PendingLogin {
  readonly state: string
  readonly name: string
  readonly source: string
  readonly account: string | undefined
}

/** Log-ins between their start and finish: a bounded number, each for a bounded time. */
export class PendingLogins {
  readonly #clock: Clock
  readonly #limits: { readonly loginsMax: number; readonly loginMs: number }
  readonly #pending = new Map<string, PendingLogin & { readonly untilMs: number }>()

  constructor(clock: Clock, limits: { readonly loginsMax: number; readonly loginMs: number }) {
    this.#clock = clock
    this.#limits = limits
  }

  /** The oldest makes room when there are too many. */
  add(login: string, pending: PendingLogin): void {
    const { loginsMax, loginMs } = this.#limits
    const nowMs = this.#clock.monotonicMs()
    for (const [oldest, { untilMs }] of this.#pending) {
      if (untilMs > nowMs && this.#pending.size < loginsMax) break
      this.#pending.delete(oldest)
    }
    this.#pending.set(login, { ...pending, untilMs: nowMs + loginMs })
  }

  /** Once: a second finish finds nothing. */
  take(login: string): PendingLogin | undefined {
    const pending = this.#pending.get(login)
    this.#pending.delete(login)
    return pending && pending.untilMs > this.#clock.monotonicMs() ? pending : undefined
  }
}
