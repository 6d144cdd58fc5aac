/** What makes a new vault, as it is sent (docs/format.md, sections 11 and 12). */
import { fromHex, utf8 } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'
import { wrapVaultKeys, type KeyWrap } from '../core/membership.ts'
import { checkPolicy, type Policy } from '../core/policy.ts'
import type { Primitives } from '../core/primitives.ts'
import { keyCommitment, type VaultSecrets } from '../core/vault-keys.ts'
import { sealVaultName, vaultNameSecret, vaultNameTag } from '../core/vault-name.ts'
import { signVaultRecord } from '../core/vault-record.ts'
import type { ControlRequest } from '../wire/control.ts'
import { newId } from './commit/new-id.ts'
import { checkVaultName } from './vault-name.ts'

export type VaultParts = ControlRequest<'vault/create'>

/** Who makes a vault. */
export interface VaultOwner {
  /** Hex. */
  readonly account: string
  readonly signingSeed: Uint8Array
  /** X25519 private key. */
  readonly boxKey: Uint8Array
}

export interface NewVault {
  readonly owner: VaultOwner
  readonly name: string
  readonly policy: Policy
  readonly createdMs: number
}

export interface VaultMaking {
  readonly primitives: Primitives
  readonly random: Random
  readonly keyWrap: KeyWrap
}

export async function makeVaultParts(making: VaultMaking, vault: NewVault): Promise<VaultParts> {
  checkVaultName(vault.name)
  checkPolicy(vault.policy)
  const { random, keyWrap } = making
  const id = newId(random)
  const secrets = {
    vault: fromHex(id)!,
    lifeKey: random.bytes(32),
    generationKeys: [random.bytes(32)],
  }
  const boxKey = keyWrap.publicKey(vault.owner.boxKey)
  const { record, signature } = signRecord(making, vault, { secrets, boxKey })
  return {
    vault: id,
    policy: { ...vault.policy, code: 1 },
    record,
    recordSignature: signature,
    wrappedKeys: await wrapVaultKeys(keyWrap, secrets, boxKey),
    ...nameParts(making, vault, secrets.vault),
  }
}

function signRecord(
  { primitives }: VaultMaking,
  { owner, policy, createdMs }: NewVault,
  keys: { readonly secrets: VaultSecrets; readonly boxKey: Uint8Array },
): { record: Uint8Array; signature: Uint8Array } {
  const account = fromHex(owner.account)!
  const signingKey = primitives.signingPublicKey(owner.signingSeed)
  return signVaultRecord(
    primitives,
    {
      vault: keys.secrets.vault,
      number: 1,
      previousHash: undefined,
      owner: account,
      ownerKey: signingKey,
      createdMs,
      policy,
      generation: 1,
      keyCommitment: keyCommitment(primitives, keys.secrets, 1),
      members: [{ account, signingKey, boxKey: keys.boxKey, rights: 'owner' }],
    },
    owner.signingSeed,
  )
}

function nameParts(
  { primitives, random }: VaultMaking,
  { owner, name }: NewVault,
  vault: Uint8Array,
): Pick<VaultParts, 'nameTag' | 'sealedName'> {
  const secret = vaultNameSecret(primitives, owner.signingSeed)
  const bytes = utf8(name)
  return {
    nameTag: vaultNameTag(primitives, secret, bytes),
    sealedName: sealVaultName(primitives, secret, { vault, name: bytes, nonce: random.bytes(12) }),
  }
}
