import { HoldfastError } from '../base/errors.ts'

interface Waiter {
  go(): void
  fail(reason: Error): void
}

/** A counted right to go on, given in the order it was asked for. */
export class Slots {
  #free: number
  readonly #waitingMax: number
  readonly #waiting = new Set<Waiter>()
  #closed: Error | undefined

  constructor(count: number, waitingMax: number) {
    this.#free = count
    this.#waitingMax = waitingMax
  }

  /** Resolves when a slot is taken. Throws BUSY when too many wait, or the signal's reason. */
  take(signal?: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    if (this.#waiting.size >= this.#waitingMax) {
      const message = `More than ${this.#waitingMax} requests wait for one connection`
      return Promise.reject(new HoldfastError('BUSY', message))
    }
    return new Promise((resolve, reject) => this.#wait({ go: resolve, fail: reject }, signal))
  }

  give(): void {
    const [first] = this.#waiting
    if (first === undefined) this.#free += 1
    else first.go()
  }

  /** Fails all that wait, and all that come. */
  close(reason: Error): void {
    this.#closed = reason
    for (const waiter of this.#waiting) waiter.fail(reason)
  }

  #wait(outcome: Waiter, signal: AbortSignal | undefined): void {
    const leave = (): void => {
      this.#waiting.delete(waiter)
      signal?.removeEventListener('abort', abort)
    }
    const waiter: Waiter = {
      go() {
        leave()
        outcome.go()
      },
      fail(reason) {
        leave()
        outcome.fail(reason)
      },
    }
    const abort = (): void => waiter.fail(signal!.reason as Error)
    this.#waiting.add(waiter)
    signal?.addEventListener('abort', abort, { once: true })
  }
}
