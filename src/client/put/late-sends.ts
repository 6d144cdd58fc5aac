/** Shards that are still being sent after their packs were registered without them. */
import { HoldfastError } from '../../base/errors.ts'

interface LateSend {
  readonly ending: AbortController
  readonly settled: Promise<void>
}

export class LateSends {
  /** The oldest first. */
  readonly #sends = new Set<LateSend>()

  /** `ending` aborts them; `settled` never rejects. */
  add(ending: AbortController, settled: Promise<void>): void {
    const send = { ending, settled }
    this.#sends.add(send)
    void settled.then(() => this.#sends.delete(send))
  }

  /** Gives up those of the oldest pack: their memory is needed. They are rebuilt like any that is missing. */
  endOldest(): void {
    for (const { ending } of this.#sends) {
      if (ending.signal.aborted) continue
      ending.abort(givenUp())
      return
    }
  }

  endAll(): void {
    for (const { ending } of this.#sends) ending.abort(givenUp())
  }

  async settled(): Promise<void> {
    while (this.#sends.size > 0) {
      await Promise.all([...this.#sends].map((send) => send.settled))
    }
  }
}

function givenUp(): HoldfastError {
  return new HoldfastError('TIMED_OUT', 'A late shard was given up')
}
