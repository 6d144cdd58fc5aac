/** What really happened in simulated worlds, by name: a fault that never takes effect shows nothing. */
export type Counts = Readonly<Record<string, number>>

/** Counts one more of these. */
export type Count = (what: string) => void

export class Counters {
  readonly #counts = new Map<string, number>()

  readonly count: Count = (what) => this.#add(what, 1)

  get counts(): Counts {
    return Object.fromEntries(
      [...this.#counts].toSorted(([left], [right]) => (left < right ? -1 : 1)),
    )
  }

  addAll(counts: Counts): void {
    for (const [what, times] of Object.entries(counts)) this.#add(what, times)
  }

  #add(what: string, times: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times)
  }
}

export const countNothing: Count = () => {}
