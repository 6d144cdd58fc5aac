import type { Excess } from '../../rows/accounts.ts'
import { usedBytes } from './accounts.ts'
import { statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

const ownerQuota = statement((builder, args: { key: number }) =>
  builder.selectFrom('accounts').select('quota_bytes').where('key', '=', args.key),
)

/** What the account may use and uses by now, when that is more than it may. */
export async function excessOf(
  transaction: Transaction,
  owner: number,
): Promise<Excess | undefined> {
  const quotaBytes = (await transaction.one(ownerQuota, { key: owner }))?.quota_bytes ?? null
  if (quotaBytes === null) return undefined
  const used = await usedBytes(transaction, owner)
  return used > quotaBytes ? { quotaBytes, usedBytes: used } : undefined
}
