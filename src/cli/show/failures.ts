import type { ErrorJson } from '../../base/errors.ts'
import { countText } from '../text/amount.ts'

/** One place of many that failed. */
export interface Failure {
  readonly place: string
  readonly error: ErrorJson
  /** Places that this one stands for; 1 unless told. */
  readonly places?: number
}

/** One error for each thing that went wrong, naming the first place it met: many fail for one reason. */
export function failureErrors(failures: readonly Failure[]): ErrorJson[] {
  const groups = Map.groupBy(failures, ({ error }) => `${error.code} ${error.message}`)
  return [...groups.values()].map((group) => {
    const [{ place, error }] = group as [Failure]
    const others = othersText(group.reduce((sum, { places = 1 }) => sum + places, 0))
    // Some name their place themselves.
    const isNamed = others === '' && error.message.includes(place)
    return { ...error, message: isNamed ? error.message : `${place}${others}: ${error.message}` }
  })
}

/** ` and 3 others`, to follow the first of `places`. */
export function othersText(places: number): string {
  return places > 1 ? ` and ${countText(places - 1, 'other')}` : ''
}
