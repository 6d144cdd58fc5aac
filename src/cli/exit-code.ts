/** Which exit code stands for several failures: the first of this order that occurred. */
import type { ErrorCode } from '../base/errors.ts'
import { HoldfastError, errorKinds } from '../base/errors.ts'

const order = [130, 1, 8, 7, 9, 5, 4, 6, 3, 2]

export function exitCodeOf(error: unknown): number {
  return error instanceof HoldfastError ? errorKinds[error.code].exit : 1
}

/** 0 when there are none. */
export function worstExitCode(codes: Iterable<number>): number {
  const occurred = new Set(codes)
  return order.find((code) => occurred.has(code)) ?? 0
}

/** Of results that may hold errors. */
export function exitCodeOfResults(
  results: Iterable<{ readonly error?: { readonly code: ErrorCode } }>,
): number {
  const codes: number[] = []
  for (const { error } of results) if (error !== undefined) codes.push(errorKinds[error.code].exit)
  return worstExitCode(codes)
}
