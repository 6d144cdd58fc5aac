import { HoldfastError } from '../../../base/errors.ts'
import type { ControlTransport } from '../../../wire/transport.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Count } from '../counters.ts'
import type { SeededRandom } from '../seeded-random.ts'

export interface Unreliability {
  readonly random: SeededRandom
  /** That an answer is lost, or that a request comes again, in [0, 1]. */
  readonly chance: () => number
  readonly count: Count
  readonly clock: Clock
}

/** Others may have been answered meanwhile: so requests also come out of their order. */
const lateMsMax = 5_000

/** Loses answers to what was done, and sends requests twice, each with the chance that is given. */
export function unreliableTransport(
  transport: ControlTransport,
  { random, chance, count, clock }: Unreliability,
): ControlTransport {
  return {
    async send(request, options) {
      const answer = await transport.send(request, options)
      if (chance() > 0 && random.chance(chance())) {
        count('network: requests that came twice, the second time late')
        clock.timer(random.fraction() ** 2 * lateMsMax, () => {
          transport.send(request, options).catch(() => {})
        })
      }
      if (chance() === 0 || !random.chance(chance())) return answer
      count('network: answers lost')
      throw new HoldfastError('CONNECTION_LOST', 'The answer was lost on its way')
    },
    close: () => transport.close(),
  }
}
