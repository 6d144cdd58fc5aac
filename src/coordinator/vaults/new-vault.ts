/** What the coordinator checks of a vault before it keeps it: all that concerns others than its owner. */
import { equalBytes, fromHex, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { NewVault } from '../../catalogue/rows/vaults.ts'
import { checkPolicy, equalPolicies, policyText } from '../../core/policy.ts'
import { decodeVaultRecord, type VaultRecord } from '../../core/vault-record.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { CoordinatorContext } from '../context.ts'

export interface VaultOwner {
  readonly account: string
  readonly signingKey: Uint8Array
  readonly boxKey: Uint8Array
}

/** The vault as the catalogue takes it. BAD_POLICY, FORBIDDEN, MALFORMED. */
export function checkNewVault(
  context: CoordinatorContext,
  request: ControlRequest<'vault/create'>,
  owner: VaultOwner,
): NewVault {
  const { policy, vault } = request
  checkPolicy(policy)
  const nodes = context.cluster.placeable().length
  if (policy.k + policy.m > nodes) {
    throw new HoldfastError(
      'BAD_POLICY',
      `Cannot use ${policyText(policy)}: it needs ${policy.k + policy.m} nodes, this grid has ${nodes}`,
    )
  }
  const record = decodeVaultRecord(request.record)
  const why = complaint(record, request, owner)
  const signed = context.primitives.verify(
    owner.signingKey,
    request.record,
    request.recordSignature,
  )
  if (why === undefined && signed) return { ...request, account: owner.account }
  throw new HoldfastError(
    'FORBIDDEN',
    `Cannot create vault ${vault}: ${why ?? 'its owner did not sign its record'}`,
  )
}

function complaint(
  record: VaultRecord,
  { vault, policy }: ControlRequest<'vault/create'>,
  owner: VaultOwner,
): string | undefined {
  if (toHex(record.vault) !== vault) return `its record is of vault ${toHex(record.vault)}`
  if (record.number !== 1) return `its record has number ${record.number}`
  if (!equalPolicies(record.policy, policy)) return 'its record has another policy'
  const [member] = record.members
  if (record.members.length !== 1 || member === undefined) return 'a new vault has one member'
  const same =
    equalBytes(record.owner, fromHex(owner.account) ?? new Uint8Array(0)) &&
    equalBytes(record.ownerKey, owner.signingKey) &&
    equalBytes(member.boxKey, owner.boxKey)
  return same ? undefined : 'its record has another owner'
}
