import { HoldfastError } from '../../base/errors.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { VaultRow } from '../../catalogue/rows/vaults.ts'
import { toHex } from '../../base/bytes.ts'
import { decodeVaultRecord, type VaultRights } from '../../core/vault-record.ts'
import type { Callers, CoordinatorContext } from '../context.ts'

/**
 * The vault, when the caller may do this there. VAULT_NOT_FOUND when it is no member, whether or not the
 * vault exists; FORBIDDEN when it may only read.
 */
export async function vaultFor(
  { catalogue }: CoordinatorContext,
  caller: Callers['session'],
  wish: { readonly vault: Id; readonly rights: 'read' | 'write' },
): Promise<VaultRow> {
  const { account } = caller.session
  const row = await catalogue.vault({ vault: wish.vault, account })
  if (row === undefined) {
    throw new HoldfastError('VAULT_NOT_FOUND', `Cannot find a vault ${wish.vault} of this account`)
  }
  if (wish.rights === 'write' && rightsIn(row, account) === 'read') {
    throw new HoldfastError(
      'FORBIDDEN',
      `Cannot write to vault ${wish.vault}: it is shared to read`,
    )
  }
  return row
}

function rightsIn(row: VaultRow, account: Id): VaultRights {
  if (row.owner === account) return 'owner'
  const { members } = decodeVaultRecord(row.record)
  return members.find((member) => toHex(member.account) === account)?.rights ?? 'read'
}
