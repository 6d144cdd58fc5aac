/** Everything that comes from the grid secret (docs/format.md, section 2). */
import { assert } from '../base/assert.ts'
import { fromHex } from '../base/bytes.ts'
import { keyedHash } from './labelled-hash.ts'
import type { Primitives } from './primitives.ts'

export interface GridKeys {
  /** Ed25519 seed: the coordinator's identity, which signs tickets. */
  readonly identitySeed: Uint8Array
  readonly identityKey: Uint8Array
  readonly journalKey: Uint8Array
  readonly opaqueSeed: Uint8Array
  packListKey(vault: string): Uint8Array
}

export function gridKeys(primitives: Primitives, gridSecret: Uint8Array): GridKeys {
  assert(gridSecret.length === 32, 'the grid secret has 32 bytes')
  const identitySeed = keyedHash(primitives, gridSecret, 'coordinator identity')
  const packListSecret = keyedHash(primitives, gridSecret, 'pack list')
  return Object.freeze({
    identitySeed,
    identityKey: primitives.signingPublicKey(identitySeed),
    journalKey: keyedHash(primitives, gridSecret, 'journal'),
    opaqueSeed: keyedHash(primitives, gridSecret, 'opaque seed'),
    packListKey(vault: string): Uint8Array {
      const id = fromHex(vault)
      assert(id?.length === 16, 'a vault id is 16 bytes of hex')
      return keyedHash(primitives, packListSecret, 'vault', id)
    },
  })
}
