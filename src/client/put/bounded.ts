interface Waiting {
  readonly work: () => Promise<void>
  readonly begun: () => void
  readonly refused: (error: unknown) => void
}

/**
 * Runs pieces of work side by side, at most so many, in the order they came. After the first failure nothing
 * more begins, and who waits is told of it.
 */
export class Bounded {
  readonly #most: number
  readonly #waiting: Waiting[] = []
  readonly #whenSettled: (() => void)[] = []
  #running = 0
  #failure: { readonly error: unknown } | undefined

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when the work has begun. Rejects, and never begins it, after a failure. */
  run(work: () => Promise<void>): Promise<void> {
    return new Promise((begun, refused) => {
      this.#waiting.push({ work, begun, refused })
      this.#pump()
    })
  }

  /** The same for who does not wait: `idle` tells of a failure. */
  begin(work: () => Promise<void>): void {
    this.run(work).catch(() => {})
  }

  /** Resolves when nothing runs or waits; then rejects with the first failure, if there was one. */
  async idle(): Promise<void> {
    await this.settled()
    if (this.#failure) throw this.#failure.error
  }

  /** Resolves when nothing runs or waits, failed or not. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenSettled.push(resolve)
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#running < this.#most) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      if (this.#failure) next.refused(this.#failure.error)
      else void this.#do(next)
    }
    if (this.#running > 0) return
    for (const resolve of this.#whenSettled.splice(0)) resolve()
  }

  async #do({ work, begun }: Waiting): Promise<void> {
    this.#running += 1
    begun()
    try {
      await work()
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#running -= 1
    this.#pump()
  }
}
