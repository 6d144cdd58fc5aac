import { hasCode } from '../../base/errors.ts'
import type { Run } from '../main.ts'

/**
 * The same command, run once more where it met a damaged index, which is gone by then and fetched anew, before
 * it gave anything out.
 */
export function withFreshIndex(run: Run): Run {
  return async (context) => {
    try {
      return await run(context)
    } catch (error) {
      const isDropped = hasCode(error, 'CORRUPT') && error.details.dropped === true
      if (!isDropped || context.output.hasGiven) throw error
      context.output.warn('the index of a vault was damaged here: it is fetched anew')
      return await run(context)
    }
  }
}
