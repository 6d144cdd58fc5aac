/** The bundle of an account's own secrets, sealed under its password (docs/format.md, section 12). */
import { assert } from '../base/assert.ts'
import { isZero } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { domain, label, labelledKeyedHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { checkFormat, openBox, sealBox } from './sealed-box.ts'
import { idBytes, keyBytes, sized } from './sized.ts'

const what = 'key bundle'
const contextStart = domain('bundle')
const bundleLabel = label('bundle')
const pinBytes = idBytes + keyBytes
const paddingBytes = 256

export interface AccountBundle {
  /** Ed25519: what the account signs with. */
  readonly signingSeed: Uint8Array
  /** X25519: what opens the keys of its vaults. */
  readonly boxPrivateKey: Uint8Array
  /** Whose word to take for each vault; at most `vaultsPerAccountMax`. */
  readonly pins: readonly BundlePin[]
}

export interface BundlePin {
  readonly vault: Uint8Array
  /** Ed25519. */
  readonly ownerKey: Uint8Array
}

export interface BundleKeys {
  /** 64 bytes, from OPAQUE. */
  readonly exportKey: Uint8Array
  readonly account: Uint8Array
}

/** `nonce`: 12 random bytes. */
export function sealBundle(
  primitives: Primitives,
  keys: BundleKeys,
  request: { readonly nonce: Uint8Array; readonly bundle: AccountBundle },
): Uint8Array {
  return sealBox(primitives, {
    key: bundleKey(primitives, keys),
    nonce: request.nonce,
    context: bundleContext(keys),
    parts: [encodeBundle(request.bundle)],
  })
}

/** RECORD_FORGED when it is not this account's under this password, MALFORMED, VERSION_UNSUPPORTED. */
export function openBundle(
  primitives: Primitives,
  keys: BundleKeys,
  sealed: Uint8Array,
): AccountBundle {
  const box = { key: bundleKey(primitives, keys), context: bundleContext(keys), what }
  return decodeBundle(openBox(primitives, box, sealed))
}

/** What is sealed. */
export function encodeBundle(bundle: AccountBundle): Uint8Array {
  const { pins } = bundle
  assert(pins.length <= limits.vaultsPerAccountMax, `a bundle of ${pins.length} pins`)
  const writer = new ByteWriter(paddedBytes(pins.length))
    .u8(1)
    .fixed(sized(bundle.signingSeed, keyBytes, 'a signing seed'))
    .fixed(sized(bundle.boxPrivateKey, keyBytes, 'a box key'))
    .u16(pins.length)
  for (const { vault, ownerKey } of pins) {
    writer.fixed(sized(vault, idBytes, 'a vault id')).fixed(sized(ownerKey, keyBytes, 'a key'))
  }
  return writer.zeros(paddedBytes(pins.length) - writer.length).finish()
}

/** MALFORMED, VERSION_UNSUPPORTED. */
export function decodeBundle(bytes: Uint8Array): AccountBundle {
  const reader = new ByteReader(bytes, what)
  checkFormat(reader.u8(), what)
  const signingSeed = reader.fixed(keyBytes)
  const boxPrivateKey = reader.fixed(keyBytes)
  const count = reader.u16()
  if (count > limits.vaultsPerAccountMax || paddedBytes(count) !== bytes.length) {
    throw reader.malformed(`${count} pins in ${bytes.length} bytes`)
  }
  const pins = Array.from({ length: count }, () =>
    Object.freeze({ vault: reader.fixed(idBytes), ownerKey: reader.fixed(keyBytes) }),
  )
  if (!isZero(reader.fixed(reader.remaining))) throw reader.malformed('its padding is not zeros')
  return Object.freeze({ signingSeed, boxPrivateKey, pins })
}

function paddedBytes(pins: number): number {
  return Math.ceil((1 + 2 * keyBytes + 2 + pins * pinBytes) / paddingBytes) * paddingBytes
}

function bundleKey(primitives: Primitives, keys: BundleKeys): Uint8Array {
  assert(keys.exportKey.length >= keyBytes, 'an export key has at least 32 bytes')
  const key = keys.exportKey.subarray(0, keyBytes)
  return labelledKeyedHash(primitives, { key, label: bundleLabel })
}

function bundleContext(keys: BundleKeys): Uint8Array {
  const writer = new ByteWriter(contextStart.length + idBytes).fixed(contextStart)
  return writer.fixed(sized(keys.account, idBytes, 'an account id')).finish()
}
