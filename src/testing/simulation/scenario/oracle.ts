/**
 * What may be seen at each path of a vault. Every change that was ever asked for is an attempt with the moment
 * it began and the moment it was acknowledged; the oracle says whether a value that was read between two
 * moments can be explained by some order of the attempts (that of an atomic register for each path).
 */
/** Moments are counted, not measured: no two are equal. */
export type Moment = number

/** What is at a path, as text that is equal for equal values. */
export type Value = string

export const absent: Value = 'absent'

export interface Attempt {
  readonly path: string
  readonly value: Value
  readonly began: Moment
  /** Infinite until it is acknowledged: an attempt that failed may still take effect. */
  acknowledged: Moment
}

export interface Seen {
  readonly path: string
  readonly value: Value
  readonly from: Moment
  readonly to: Moment
}

export class Oracle {
  readonly #attempts = new Map<string, Attempt[]>()
  #now = 0

  /** A new moment. */
  tick(): Moment {
    this.#now += 1
    return this.#now
  }

  get paths(): readonly string[] {
    return [...this.#attempts.keys()]
  }

  begin(path: string, value: Value): Attempt {
    const attempt = { path, value, began: this.tick(), acknowledged: Infinity }
    this.#of(path).push(attempt)
    return attempt
  }

  /** It was no change after all. */
  withdraw(attempt: Attempt): void {
    const all = this.#of(attempt.path)
    all.splice(all.indexOf(attempt), 1)
  }

  acknowledge(attempt: Attempt): void {
    attempt.acknowledged = this.tick()
  }

  /** Why it cannot have been seen; undefined when it can. */
  complaint({ path, value, from, to }: Seen): string | undefined {
    const same = this.#of(path).filter((each) => each.value === value)
    if (same.some((each) => each.began < to && !this.#replaced(each, from))) return undefined
    const why =
      same.length === 0
        ? 'nobody ever put that there'
        : same.every((each) => each.began >= to)
          ? 'it was put there later'
          : `it had been replaced by ${this.#replacements(same, from)}`
    return `${path} was seen as ${value} between ${from} and ${to}: ${why}`
  }

  /** Whether another attempt began after this one was acknowledged, and was acknowledged before `from`. */
  #replaced(attempt: Attempt, from: Moment): boolean {
    return this.#of(attempt.path).some(
      (other) => other.began > attempt.acknowledged && other.acknowledged < from,
    )
  }

  #replacements(attempts: readonly Attempt[], from: Moment): string {
    const { path } = attempts[0]!
    const last = Math.max(...attempts.map(({ acknowledged }) => acknowledged))
    return this.#of(path)
      .filter((other) => other.began > last && other.acknowledged < from)
      .map(({ value, began, acknowledged }) => `${value} (${began} to ${acknowledged})`)
      .join(', ')
  }

  /** A path is absent at first. */
  #of(path: string): Attempt[] {
    const known = this.#attempts.get(path)
    if (known !== undefined) return known
    const made = [{ path, value: absent, began: -2, acknowledged: -1 }]
    this.#attempts.set(path, made)
    return made
  }
}
