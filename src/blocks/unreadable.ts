import { AssertionError } from '../base/assert.ts'
import { HoldfastError } from '../base/errors.ts'

/**
 * Whether a failure to read says that what lies there is damaged: a bad sector, or a file that is not there.
 * A disk that is gone, a refusal and a defect of ours say nothing of what lies there.
 */
export function isUnreadable(error: unknown): boolean {
  if (error instanceof HoldfastError) return error.code === 'NOT_FOUND'
  return !(error instanceof AssertionError)
}
