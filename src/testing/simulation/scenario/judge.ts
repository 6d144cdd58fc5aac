import type { Count } from '../counters.ts'
import type { Troubles } from './troubles.ts'

/** An invariant that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** What one user was promised while one step ran. */
export interface Judge {
  /** An invariant does not hold. */
  complain(what: string): void
  /** Something was not done, and said so: an error where nothing excuses it. */
  failed(what: string, error: Failure): void
}

export interface Failure {
  readonly code: string
  readonly message: string
}

export interface Promises {
  /** The user's machine. */
  readonly client: string
  readonly beganMs: number
  /** So many nodes may be in trouble while it still has to succeed. */
  readonly nodesTolerated: number
}

export interface CourtParts {
  readonly troubles: Troubles
  readonly note: (who: string, what: string) => void
  readonly count: Count
}

/** Collects violations: what is thrown in a callback might be taken for something else. */
export class Court {
  readonly #troubles: Troubles
  readonly #count: Count
  readonly #note: (who: string, what: string) => void
  readonly #violations: string[] = []
  readonly #found = Promise.withResolvers<never>()

  constructor({ troubles, note, count }: CourtParts) {
    this.#troubles = troubles
    this.#note = note
    this.#count = count
    this.#found.promise.catch(() => {})
  }

  /** Rejects with the first violation. */
  get violated(): Promise<never> {
    return this.#found.promise
  }

  get violations(): readonly string[] {
    return this.#violations
  }

  complain(what: string): void {
    this.#note('VIOLATION', what)
    this.#violations.push(what)
    this.#found.reject(new Violation(what))
  }

  judge(promises: Promises): Judge {
    return {
      complain: (what) => this.complain(what),
      failed: (what, { code, message }) => {
        const failure = `${what} failed with ${code} (${message})`
        this.#note(promises.client, failure)
        if (this.#isExcused(promises)) return this.#count('users: failures that are excused')
        this.complain(`${promises.client}: nothing excuses that ${failure}`)
      },
    }
  }

  #isExcused({ client, beganMs, nodesTolerated }: Promises): boolean {
    const machines = this.#troubles.since(beganMs)
    if (machines.has(client) || machines.has('coordinator')) return true
    return [...machines].filter((name) => name.startsWith('node-')).length > nodesTolerated
  }
}
