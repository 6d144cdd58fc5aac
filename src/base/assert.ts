/** Holds an invariant, in production too: a failure is a defect of ours and ends what was going on. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Nothing catches this but the outermost handler, which reports it and ends the process. */
export class AssertionError extends Error {
  constructor(message: string) {
    super(`Invariant broken: ${message}`)
    this.name = 'AssertionError'
  }
}

/** Closes a union: fails to compile when a case was forgotten. */
export function unreachable(value: never): never {
  throw new AssertionError(`unexpected ${JSON.stringify(value)}`)
}
