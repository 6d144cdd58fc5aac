import { HoldfastError } from '../../base/errors.ts'
import type { CoordinatorContext } from '../context.ts'

interface CountedTry {
  readonly name: string
  readonly source: string
  readonly free?: number
  /** What there was too much of. */
  readonly complaint?: string
}

/** Counts a try for this name from this source. TRY_LATER with `waitSeconds` after too many. */
export async function countTry(
  { catalogue, logger }: CoordinatorContext,
  { complaint, ...tried }: CountedTry,
): Promise<void> {
  const answer = await catalogue.beginTry(tried)
  if (answer.kind === 'go') return
  const waitSeconds = Math.max(1, Math.ceil(answer.waitMs / 1000))
  logger.info('log-in delayed', { waitSeconds })
  const tooMany = `Too many tries for the account ${tried.name} did not end in a log-in`
  throw new HoldfastError('TRY_LATER', complaint ?? tooMany, {
    hint: `Wait ${waitSeconds} second${waitSeconds === 1 ? '' : 's'}, then try again`,
    details: { waitSeconds },
  })
}

/** No account's name. */
const anySignup = ' sign-ups'

/** Counts an account that is made from this source. TRY_LATER after `signupsFree`, until an hour brought none. */
export async function countSignup(context: CoordinatorContext, source: string): Promise<void> {
  const complaint = 'Too many accounts were made from this address'
  await countTry(context, { name: anySignup, source, free: context.limits.signupsFree, complaint })
}
