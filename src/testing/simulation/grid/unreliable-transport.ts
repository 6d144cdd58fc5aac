import { HoldfastError } from '../../../base/errors.ts'
import type { ControlTransport } from '../../../wire/transport.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** Loses answers to what was done, and sends requests twice, each with the chance that is given. */
export function unreliableTransport(
  transport: ControlTransport,
  { random, chance }: { readonly random: SeededRandom; readonly chance: () => number },
): ControlTransport {
  return {
    async send(request, options) {
      const answer = await transport.send(request, options)
      if (chance() > 0 && random.chance(chance())) {
        transport.send(request, options).catch(() => {})
      }
      if (chance() === 0 || !random.chance(chance())) return answer
      throw new HoldfastError('CONNECTION_LOST', 'The answer was lost on its way')
    },
    close: () => transport.close(),
  }
}
