/** The account `local` with its vault `home`, which the first start of `holdfast up` makes and logs in. */
import type { Context } from '../../src/cli/main.ts'
import type { Surroundings } from '../settings.ts'

export const localAccount = 'local'

/** Makes the account when there is none, and logs it in. Resolves to its name when all nodes are up. */
export function prepareLocalAccount(
  _context: Context,
  _surroundings: Surroundings,
): Promise<string> {
  return Promise.resolve(localAccount)
}
