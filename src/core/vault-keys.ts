/** The keys of a vault, all from its life key and generation keys (docs/format.md, section 2). */
import { assert } from '../base/assert.ts'
import { HoldfastError } from '../base/errors.ts'
import { label, labelledHash, labelledKeyedHash, type Label } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { idBytes, keyBytes, sized } from './sized.ts'

const chunkIdLabel = label('chunk id')
const cutLabel = label('cut')
const tagLabel = label('name tag')
const chunkKeyLabel = label('chunk key')
const nameKeyLabel = label('name key')
const recordKeyLabel = label('record key')
const commitmentLabel = label('key commitment')

export interface VaultSecrets {
  /** 16 bytes. */
  readonly vault: Uint8Array
  /** 32 random bytes, for the vault's life. */
  readonly lifeKey: Uint8Array
  /** 32 random bytes each; the first is generation 1. */
  readonly generationKeys: readonly Uint8Array[]
}

/** All that sealing and opening in one vault needs. */
export interface VaultKeys extends VaultSecrets {
  readonly chunkIdKey: Uint8Array
  readonly cutKey: Uint8Array
  readonly tagKey: Uint8Array
  /** The generation new things are sealed with. */
  readonly newestGeneration: number
}

export function vaultKeys(primitives: Primitives, secrets: VaultSecrets): VaultKeys {
  assert(secrets.generationKeys.length > 0, 'a vault has at least one generation key')
  for (const key of secrets.generationKeys) sized(key, keyBytes, 'a generation key')
  sized(secrets.vault, idBytes, 'a vault id')
  const key = sized(secrets.lifeKey, keyBytes, 'a life key')
  return Object.freeze({
    vault: secrets.vault,
    lifeKey: key,
    generationKeys: secrets.generationKeys,
    chunkIdKey: labelledKeyedHash(primitives, { key, label: chunkIdLabel }),
    cutKey: labelledKeyedHash(primitives, { key, label: cutLabel }),
    tagKey: labelledKeyedHash(primitives, { key, label: tagLabel }),
    newestGeneration: secrets.generationKeys.length,
  })
}

export interface KeyOf {
  readonly generation: number
  /** What the key is for: a chunk id, an entry id, a version id. */
  readonly of: Uint8Array
}

/** The key of one chunk. FORBIDDEN when this account does not hold the generation. */
export function chunkKey(primitives: Primitives, keys: VaultKeys, use: KeyOf): Uint8Array {
  return keyOf(primitives, keys, { ...use, label: chunkKeyLabel })
}

/** The key of the name of one entry. FORBIDDEN. */
export function nameKey(primitives: Primitives, keys: VaultKeys, use: KeyOf): Uint8Array {
  return keyOf(primitives, keys, { ...use, label: nameKeyLabel })
}

/** The key of one version's record and page lengths. FORBIDDEN. */
export function recordKey(primitives: Primitives, keys: VaultKeys, use: KeyOf): Uint8Array {
  return keyOf(primitives, keys, { ...use, label: recordKeyLabel })
}

/** What the vault record says of the keys of its generation, without giving them away. */
export function keyCommitment(
  primitives: Primitives,
  keys: Pick<VaultKeys, 'lifeKey' | 'generationKeys'>,
  generation: number,
): Uint8Array {
  const generationKey = keys.generationKeys[generation - 1]
  if (generationKey === undefined) throw missingGeneration(keys, generation)
  return labelledHash(primitives, commitmentLabel, keys.lifeKey, generationKey)
}

function keyOf(
  primitives: Primitives,
  keys: VaultKeys,
  use: KeyOf & { readonly label: Label },
): Uint8Array {
  const key = keys.generationKeys[use.generation - 1]
  if (key === undefined) throw missingGeneration(keys, use.generation)
  return labelledKeyedHash(primitives, { key, label: use.label }, use.of)
}

function missingGeneration(
  keys: Pick<VaultKeys, 'generationKeys'>,
  generation: number,
): HoldfastError {
  return new HoldfastError(
    'FORBIDDEN',
    `Cannot use key generation ${generation}: this account holds 1 to ${keys.generationKeys.length}`,
    { hint: 'Log in again to fetch the newest keys of this vault' },
  )
}
