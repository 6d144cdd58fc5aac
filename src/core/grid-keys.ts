/** Everything that comes from the grid secret (docs/format.md, section 2). */
import { fromHex, utf8 } from '../base/bytes.ts'
import { assert } from '../base/assert.ts'
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
  const derive = (key: Uint8Array, label: string, ...parts: Uint8Array[]): Uint8Array => {
    const labelBytes = utf8(`holdfast/1 ${label}`)
    return primitives.blake3Keyed(key, Uint8Array.of(labelBytes.length), labelBytes, ...parts)
  }
  const identitySeed = derive(gridSecret, 'coordinator identity')
  const packListSecret = derive(gridSecret, 'pack list')
  return Object.freeze({
    identitySeed,
    identityKey: primitives.signingPublicKey(identitySeed),
    journalKey: derive(gridSecret, 'journal'),
    opaqueSeed: derive(gridSecret, 'opaque seed'),
    packListKey(vault: string): Uint8Array {
      const id = fromHex(vault)
      assert(id?.length === 16, 'a vault id is 16 bytes of hex')
      return derive(packListSecret, 'vault', id)
    },
  })
}
