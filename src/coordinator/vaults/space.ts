import type { Excess } from '../../catalogue/rows/accounts.ts'
import type { VaultRow } from '../../catalogue/rows/vaults.ts'
import type { CoordinatorContext } from '../context.ts'

/** What the vault's owner may use and uses now; undefined without a quota. */
export async function spaceOf(
  { catalogue }: CoordinatorContext,
  { owner }: VaultRow,
): Promise<Excess | undefined> {
  const row = await catalogue.account(owner)
  if (row?.quotaBytes === undefined) return undefined
  return { quotaBytes: row.quotaBytes, usedBytes: row.usedBytes }
}
