import { HoldfastError, hasCode } from '../base/errors.ts'
import type { Excess } from '../catalogue/rows/accounts.ts'

/**
 * Runs a check of something a caller sent. A forgery is the caller's doing: FORBIDDEN, as RECORD_FORGED would
 * tell it not to trust the coordinator.
 */
export function checkSent<Value>(check: () => Value): Value {
  try {
    return check()
  } catch (error) {
    if (!hasCode(error, 'RECORD_FORGED')) throw error
    throw new HoldfastError('FORBIDDEN', error.message, { cause: error })
  }
}

export function uploadGone(upload: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Cannot go on with upload ${upload}: its lease ended`, {
    hint: 'Run the command again: what was registered is not sent twice',
    details: { upload },
  })
}

export function overQuota({ quotaBytes, usedBytes }: Excess): HoldfastError {
  const what = `Cannot store this: the account may use ${quotaBytes} bytes, and would use ${usedBytes}`
  return new HoldfastError('OVER_QUOTA', what, { details: { quotaBytes, usedBytes } })
}

export function packsDead(packs: readonly string[]): HoldfastError {
  return new HoldfastError(
    'PACK_DEAD',
    `Cannot register ${packs.length} packs: they were collected`,
    {
      details: { packs },
    },
  )
}
