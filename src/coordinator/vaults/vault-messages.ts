import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { MessageHandler } from '../context.ts'
import { checkNewVault } from './new-vault.ts'

export const listVaults: MessageHandler<'vaults'> = async ({ catalogue, keys }, { caller }) => {
  const rows = await catalogue.vaultsOf(caller.session.account)
  const vaults = rows.map((row) => ({
    ...row,
    policy: { ...row.policy, code: 1 as const },
    packListKey: keys.packListKey(row.vault),
  }))
  return { vaults }
}

export const createVault: MessageHandler<'vault/create'> = async (context, call) => {
  const { catalogue, limits, logger } = context
  const { account } = call.caller.session
  const owner = await catalogue.account(account)
  if (owner === undefined) throw new HoldfastError('NOT_LOGGED_IN', 'The account is gone')
  const vault = checkNewVault(context, call.request, owner)
  const created = await catalogue.createVault(vault)
  if (created.kind === 'too-many') {
    const what = `Cannot create another vault: an account has at most ${limits.vaultsPerAccountMax}`
    throw new HoldfastError('OVER_LIMIT', what)
  }
  if (created.kind === 'exists') {
    // The same again: the first answer was lost on the way.
    const known = await catalogue.vault({ vault: vault.vault, account })
    if (known && equalBytes(known.record, vault.record)) return {}
    throw new HoldfastError('EXISTS', 'Cannot create the vault: there is one of this name or id')
  }
  logger.info('vault created', { vault: vault.vault })
  return {}
}
