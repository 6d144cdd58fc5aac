import { HoldfastError } from '../base/errors.ts'
import type { StoreState } from './shard-store.ts'

/** Any failure of the disk as the store reports it: NO_SPACE, DISK_GONE, or READ_ONLY with its cause. */
export function storeFailure(action: string, cause: unknown): HoldfastError {
  const message = `Cannot ${action}: ${cause instanceof Error ? cause.message : String(cause)}`
  if (cause instanceof HoldfastError && isDiskCode(cause.code)) {
    return new HoldfastError(cause.code, message, { cause })
  }
  return new HoldfastError('READ_ONLY', message, { cause })
}

export function stateAfter(failure: HoldfastError): StoreState {
  const reason = failure.message
  if (failure.code === 'DISK_GONE') return { kind: 'disk-gone', reason }
  return { kind: 'read-only', cause: failure.code === 'NO_SPACE' ? 'space' : 'disk', reason }
}

/** What a request that needs writing is refused with in this state. */
export function refusal(state: Exclude<StoreState, { kind: 'serving' }>): HoldfastError {
  if (state.kind === 'disk-gone') return new HoldfastError('DISK_GONE', state.reason)
  return new HoldfastError(state.cause === 'space' ? 'NO_SPACE' : 'READ_ONLY', state.reason)
}

function isDiskCode(code: string): boolean {
  return code === 'NO_SPACE' || code === 'DISK_GONE' || code === 'READ_ONLY'
}
