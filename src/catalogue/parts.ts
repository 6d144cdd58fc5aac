import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'

/** What a catalogue takes from outside, whatever its engine. */
export interface CatalogueParts {
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
}
