import type { ErrorJson } from '../../base/errors.ts'
import { countText } from '../text/amount.ts'

/** One place of many that failed. */
export interface Failure {
  readonly place: string
  readonly error: ErrorJson
}

/** One error for each thing that went wrong, naming the first place it met: many fail for one reason. */
export function failureErrors(failures: readonly Failure[]): ErrorJson[] {
  const groups = Map.groupBy(failures, ({ error }) => `${error.code} ${error.message}`)
  return [...groups.values()].map((group) => {
    const [{ place, error }] = group as [Failure]
    const others = group.length > 1 ? ` and ${countText(group.length - 1, 'other')}` : ''
    // Some name their place themselves.
    const isNamed = others === '' && error.message.includes(place)
    return { ...error, message: isNamed ? error.message : `${place}${others}: ${error.message}` }
  })
}
