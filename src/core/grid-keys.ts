/** Everything that comes from the grid secret (docs/format.md, section 2). */
import { assert } from '../base/assert.ts'
import { fromHex } from '../base/bytes.ts'
import { label, labelledHash, labelledKeyedHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { idBytes, keyBytes, sized } from './sized.ts'

const identityLabel = label('coordinator identity')
const journalLabel = label('journal')
const packListLabel = label('pack list')
const vaultLabel = label('vault')
const opaqueLabel = label('opaque seed')
const gridIdLabel = label('grid id')

export interface GridKeys {
  /** Ed25519 seed: the coordinator's identity, which signs tickets. */
  readonly identitySeed: Uint8Array
  readonly identityKey: Uint8Array
  readonly journalKey: Uint8Array
  readonly opaqueSeed: Uint8Array
  /** Seals the lists at the end of the packs of a vault (id in hex). */
  packListKey(vault: string): Uint8Array
}

export function gridKeys(primitives: Primitives, gridSecret: Uint8Array): GridKeys {
  const key = sized(gridSecret, keyBytes, 'the grid secret')
  const identitySeed = labelledKeyedHash(primitives, { key, label: identityLabel })
  const packListSecret = labelledKeyedHash(primitives, { key, label: packListLabel })
  return Object.freeze({
    identitySeed,
    identityKey: primitives.signingPublicKey(identitySeed),
    journalKey: labelledKeyedHash(primitives, { key, label: journalLabel }),
    opaqueSeed: labelledKeyedHash(primitives, { key, label: opaqueLabel }),
    packListKey(vault: string): Uint8Array {
      const id = fromHex(vault)
      assert(id?.length === idBytes, 'a vault id is 16 bytes of hex')
      return labelledKeyedHash(primitives, { key: packListSecret, label: vaultLabel }, id)
    },
  })
}

/** 16 bytes: whoever pins the coordinator's public key knows the id of its grid. */
export function gridIdOf(primitives: Primitives, coordinatorKey: Uint8Array): Uint8Array {
  const key = sized(coordinatorKey, keyBytes, 'the public key of a coordinator')
  return labelledHash(primitives, gridIdLabel, key).slice(0, idBytes)
}
