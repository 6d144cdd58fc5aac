/** Names of entries (docs/format.md, section 8): bytes, compared as bytes, never normalised. */
import { equalBytes, isZero, toHex, utf8ToText } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { domain, label, labelledKeyedHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { boxOverheadBytes, openBox, sealBox } from './sealed-box.ts'
import { hashBytes, idBytes, sized } from './sized.ts'
import { nameKey, type VaultKeys } from './vault-keys.ts'

const tagLabel = label('name')
const contextStart = domain('name')
const paddingBytes = 32

export const sealedNameBytesMax: number = boxOverheadBytes + paddedNameBytes(limits.nameBytesMax)

/** Why a name cannot be; undefined when it can. */
export function nameComplaint(name: Uint8Array): string | undefined {
  if (name.length === 0) return 'it is empty'
  if (name.length > limits.nameBytesMax) {
    return `it has ${name.length} bytes, ${limits.nameBytesMax} are the most`
  }
  if (name.includes(0)) return 'it has a zero byte'
  if (name.includes(0x2f)) return "it has a '/'"
  const dots = name.length <= 2 && name.every((byte) => byte === 0x2e)
  return dots ? `'${'.'.repeat(name.length)}' has a meaning of its own` : undefined
}

/** BAD_NAME, with the reason. */
export function checkName(name: Uint8Array): void {
  const why = nameComplaint(name)
  if (why === undefined) return
  const shown = JSON.stringify(utf8ToText(name.subarray(0, 64)))
  throw new HoldfastError('BAD_NAME', `Cannot use the name ${shown}: ${why}`)
}

export interface NamePlace {
  /** Entry id of the folder, 16 bytes; the vault's id for its root. */
  readonly parent: Uint8Array
  readonly name: Uint8Array
}

/** 32 bytes: equal for equal names in one folder, and telling nothing without the vault's keys. */
export function nameTag(primitives: Primitives, keys: VaultKeys, place: NamePlace): Uint8Array {
  sized(place.parent, idBytes, 'a parent id')
  const use = { key: keys.tagKey, label: tagLabel }
  return labelledKeyedHash(primitives, use, place.parent, place.name)
}

export interface NameToSeal extends NamePlace {
  readonly entry: Uint8Array
  /** `nameTag` of the same place. */
  readonly tag: Uint8Array
  /** 12 random bytes. */
  readonly nonce: Uint8Array
  /** The newest by default. */
  readonly generation?: number
}

/** BAD_NAME. */
export function sealName(primitives: Primitives, keys: VaultKeys, name: NameToSeal): Uint8Array {
  checkName(name.name)
  const generation = name.generation ?? keys.newestGeneration
  return sealBox(primitives, {
    key: nameKey(primitives, keys, { generation, of: name.entry }),
    nonce: name.nonce,
    context: nameContext(keys, { ...name, generation }),
    parts: [encodePaddedName(name.name)],
  })
}

export interface NameToOpen {
  readonly entry: Uint8Array
  readonly parent: Uint8Array
  readonly tag: Uint8Array
  readonly generation: number
  readonly sealed: Uint8Array
}

/**
 * The name, whose tag was computed again. RECORD_FORGED when it was sealed for another place or its tag is
 * another, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN (generation).
 */
export function openName(primitives: Primitives, keys: VaultKeys, name: NameToOpen): Uint8Array {
  const inside = openBox(
    primitives,
    {
      key: nameKey(primitives, keys, { generation: name.generation, of: name.entry }),
      context: nameContext(keys, name),
      what: 'sealed name',
    },
    name.sealed,
  )
  const plain = decodePaddedName(inside)
  const why = nameComplaint(plain)
  if (why !== undefined) throw new HoldfastError('MALFORMED', `Cannot read a name: ${why}`)
  const tag = nameTag(primitives, keys, { parent: name.parent, name: plain })
  if (!equalBytes(tag, name.tag)) {
    throw new HoldfastError(
      'RECORD_FORGED',
      `Cannot take the name of entry ${toHex(name.entry)}: its tag is that of another name`,
    )
  }
  return plain
}

/** `u16` length ‖ name ‖ zeros up to a multiple of 32: for names of entries and of vaults. */
export function encodePaddedName(name: Uint8Array): Uint8Array {
  const writer = new ByteWriter(paddedNameBytes(name.length)).u16(name.length).fixed(name)
  return writer.zeros(paddedNameBytes(name.length) - writer.length).finish()
}

/** MALFORMED unless it is exactly what the encoder gives. */
export function decodePaddedName(padded: Uint8Array): Uint8Array {
  const reader = new ByteReader(padded, 'name')
  const length = reader.u16()
  if (paddedNameBytes(length) !== padded.length) {
    throw reader.malformed(`${length} bytes of name in ${padded.length}`)
  }
  const name = reader.fixed(length)
  if (!isZero(reader.fixed(reader.remaining))) throw reader.malformed('its padding is not zeros')
  return name
}

function paddedNameBytes(length: number): number {
  return Math.ceil((2 + length) / paddingBytes) * paddingBytes
}

function nameContext(
  keys: VaultKeys,
  name: Pick<NameToOpen, 'entry' | 'parent' | 'tag' | 'generation'>,
): Uint8Array {
  return new ByteWriter(128)
    .fixed(contextStart)
    .fixed(keys.vault)
    .u32(name.generation)
    .fixed(sized(name.entry, idBytes, 'an entry id'))
    .fixed(sized(name.parent, idBytes, 'a parent id'))
    .fixed(sized(name.tag, hashBytes, 'a name tag'))
    .finish()
}
