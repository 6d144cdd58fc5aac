/**
 * Runs pieces of work side by side, at most so many. The first failure is kept: the next `run` or `idle`
 * throws it.
 */
export class Bounded {
  readonly #most: number
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when the work has begun. */
  async run(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running)
    this.#throwFailure()
    const running = this.#watch(work)
    this.#running.add(running)
    void running.finally(() => this.#running.delete(running))
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
    this.#throwFailure()
  }

  async #watch(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failure ??= { error }
    }
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error
  }
}
