/**
 * Work that many ask for at once and that must begin after they asked: those who ask while a round runs
 * share the next one.
 */
export class SharedRounds {
  readonly #run: () => Promise<void>
  #current: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(run: () => Promise<void>) {
    this.#run = run
  }

  /** Resolves when a round that began after this call is done. The signal ends only this waiting. */
  async join(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#next ??= this.#after(this.#current)
    await unlessAborted(this.#next, signal)
  }

  async #after(current: Promise<void>): Promise<void> {
    await current.catch(() => {})
    this.#next = undefined
    this.#current = this.#run()
    await this.#current
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    promise
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
      .catch(() => {})
  })
}
