import { HoldfastError, type ErrorCode } from '../../base/errors.ts'

/** For `assert.throws` and `assert.rejects`. */
export function refusedWith(code: ErrorCode): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof HoldfastError && error.code === code) return true
    throw new Error(`${code} was wanted`, { cause: error })
  }
}
