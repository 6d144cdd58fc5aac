import { HoldfastError } from '../../base/errors.ts'
import type { CoordinatorContext } from '../context.ts'

/** Counts a try for this name from this source. TRY_LATER with `waitSeconds` after too many. */
export async function countTry(
  { catalogue, logger }: CoordinatorContext,
  tried: { readonly name: string; readonly source: string },
): Promise<void> {
  const answer = await catalogue.beginTry(tried)
  if (answer.kind === 'go') return
  const waitSeconds = Math.max(1, Math.ceil(answer.waitMs / 1000))
  logger.info('log-in delayed', { waitSeconds })
  throw new HoldfastError('TRY_LATER', 'Too many tries for this account did not end in a log-in', {
    hint: `Wait ${waitSeconds} seconds, then try again`,
    details: { waitSeconds },
  })
}
