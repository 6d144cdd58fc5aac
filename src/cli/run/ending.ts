import { HoldfastError } from '../../base/errors.ts'

/**
 * Why a transfer ended before its end, to be said with what was done until then. Throws it where nothing was,
 * and what is a defect.
 */
export function endingOf(
  thrown: unknown,
  at: { readonly signal: AbortSignal; readonly begun: boolean },
): HoldfastError {
  const reason: unknown = at.signal.aborted ? at.signal.reason : thrown
  if (reason instanceof HoldfastError && (at.begun || at.signal.aborted)) return reason
  throw thrown
}
