/** The keys of a vault, wrapped for one member (docs/format.md, section 12). */
import { assert } from '../base/assert.ts'
import { toHex } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { domain } from './hashing.ts'
import { checkFormat } from './sealed-box.ts'
import { idBytes, keyBytes, sized } from './sized.ts'
import type { VaultSecrets } from './vault-keys.ts'

const what = 'set of vault keys'
const infoStart = domain('vault keys')

/**
 * Public-key encryption to one member: HPKE, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM. Draws its own randomness.
 */
export interface KeyWrap {
  /** X25519 public key (32 bytes) of a private key: any 32 random bytes. */
  publicKey(privateKey: Uint8Array): Uint8Array
  /** Encapsulated key[32] ‖ ciphertext. MALFORMED for a public key that is none. */
  wrap(request: {
    readonly publicKey: Uint8Array
    readonly info: Uint8Array
    readonly text: Uint8Array
  }): Promise<Uint8Array>
  /** Undefined when it was not wrapped for this key and info. */
  unwrap(request: {
    readonly privateKey: Uint8Array
    readonly info: Uint8Array
    readonly wrapped: Uint8Array
  }): Promise<Uint8Array | undefined>
}

/** Bytes that wrapping adds. */
export const wrapOverheadBytes = 32 + 16

/** `boxKey`: the member's X25519 public key, from the vault record. */
export function wrapVaultKeys(
  keyWrap: KeyWrap,
  secrets: VaultSecrets,
  boxKey: Uint8Array,
): Promise<Uint8Array> {
  const publicKey = sized(boxKey, keyBytes, 'a box key')
  return keyWrap.wrap({ publicKey, info: wrapInfo(secrets.vault), text: encodeSecrets(secrets) })
}

/**
 * Anyone can wrap keys for a member: these are the vault's only when they match the commitment of its
 * record (`checkVaultRecord`). RECORD_FORGED when they do not open, MALFORMED, VERSION_UNSUPPORTED.
 */
export async function unwrapVaultKeys(
  keyWrap: KeyWrap,
  request: {
    readonly vault: Uint8Array
    readonly wrapped: Uint8Array
    readonly boxPrivateKey: Uint8Array
  },
): Promise<VaultSecrets> {
  const { vault, wrapped, boxPrivateKey } = request
  const info = wrapInfo(vault)
  const text = await keyWrap.unwrap({ privateKey: boxPrivateKey, info, wrapped })
  if (text !== undefined) return decodeSecrets(vault, text)
  throw new HoldfastError(
    'RECORD_FORGED',
    `Cannot open the keys of vault ${toHex(vault)}: they were not wrapped for this account`,
  )
}

function encodeSecrets(secrets: VaultSecrets): Uint8Array {
  const { generationKeys } = secrets
  const count = generationKeys.length
  assert(count > 0 && count <= limits.keyGenerationsMax, `${count} generations of keys`)
  const writer = new ByteWriter(3 + keyBytes * (1 + count))
    .u8(1)
    .fixed(sized(secrets.lifeKey, keyBytes, 'a life key'))
    .u16(count)
  for (const key of generationKeys) writer.fixed(sized(key, keyBytes, 'a generation key'))
  return writer.finish()
}

function decodeSecrets(vault: Uint8Array, bytes: Uint8Array): VaultSecrets {
  const reader = new ByteReader(bytes, what)
  checkFormat(reader.u8(), what)
  const lifeKey = reader.fixed(keyBytes)
  const count = reader.u16()
  if (count === 0 || count > limits.keyGenerationsMax || count * keyBytes !== reader.remaining) {
    throw reader.malformed(`${count} generations in ${reader.remaining} bytes`)
  }
  const generationKeys = Array.from({ length: count }, () => reader.fixed(keyBytes))
  return Object.freeze({ vault, lifeKey, generationKeys })
}

function wrapInfo(vault: Uint8Array): Uint8Array {
  const writer = new ByteWriter(infoStart.length + idBytes).fixed(infoStart)
  return writer.fixed(sized(vault, idBytes, 'a vault id')).finish()
}
