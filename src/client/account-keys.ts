/** The keys of a new account, and the vault it begins with (docs/format.md, section 12). */
import { fromHex } from '../base/bytes.ts'
import { sealBundle, type AccountBundle } from '../core/bundle.ts'
import { newId } from './commit/new-id.ts'
import type { ClientWorld } from './session.ts'
import { makeVaultParts, type VaultOwner, type VaultParts } from './vault-parts.ts'

/** The vault every account begins with. */
const homeVault = Object.freeze({
  name: 'home',
  policy: Object.freeze({ code: 1, k: 2, m: 2, threshold: 3 }),
})

export interface AccountKeys {
  readonly account: string
  readonly signingKey: Uint8Array
  readonly boxKey: Uint8Array
  readonly bundle: Uint8Array
  readonly home: VaultParts
}

/** `exportKey`: OPAQUE's, which seals the bundle. */
export async function newAccountKeys(
  world: ClientWorld,
  exportKey: Uint8Array,
): Promise<AccountKeys> {
  const { primitives, random, clock } = world
  const keyWrap = await world.keyWrap()
  const account = newId(random)
  const owner = { account, signingSeed: random.bytes(32), boxKey: random.bytes(32) }
  const signingKey = primitives.signingPublicKey(owner.signingSeed)
  const home = await makeVaultParts(
    { primitives, random, keyWrap },
    { owner, createdMs: clock.nowMs(), ...homeVault },
  )
  const bundle = bundleOf(owner, { vault: fromHex(home.vault)!, ownerKey: signingKey })
  return {
    account,
    signingKey,
    boxKey: keyWrap.publicKey(owner.boxKey),
    bundle: sealBundle(
      primitives,
      { exportKey, account: fromHex(account)! },
      { nonce: random.bytes(12), bundle },
    ),
    home,
  }
}

function bundleOf(owner: VaultOwner, pin: AccountBundle['pins'][number]): AccountBundle {
  return { signingSeed: owner.signingSeed, boxPrivateKey: owner.boxKey, pins: [pin] }
}
