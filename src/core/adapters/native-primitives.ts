/** Primitives over node's OpenSSL and the BLAKE3 of @napi-rs/blake-hash. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type DecipherGCM,
  type Hash,
  type KeyObject,
} from 'node:crypto'
import { blake3, Blake3Hasher } from '@napi-rs/blake-hash'
import { assert } from '../../base/assert.ts'
import type { Primitives, RunningHash, Sealing } from '../primitives.ts'
import { hashBytes, keyBytes, nonceBytes, signatureBytes, sized, tagBytes } from '../sized.ts'

const cipher = 'aes-256-gcm'
/** `update` allocates what it gives back: pieces of this size stay cheap to allocate and in the cache. */
const pieceBytes = 128 * 1024
/** Below this, copying parts together beats another call into native code. */
const joinBytesMax = 2048
const keyObjectsMax = 1024
/** PKCS #8 and SPKI of Ed25519 (RFC 8410), up to the 32 bytes. */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

export function createNativePrimitives(): Primitives {
  const privateKeys = new KeyObjects(privateKeyOf)
  const publicKeys = new KeyObjects(publicKeyOf)
  return Object.freeze({
    blake3: hashOf,
    blake3Keyed: keyedHashOf,
    sha256: () => new NodeHash('sha256'),
    md5: () => new NodeHash('md5'),
    seal: sealInto,
    open: openInto,
    signingPublicKey: (seed) => rawPublicKey(privateKeys.of(seed)),
    sign: (seed, message) => new Uint8Array(sign(undefined, message, privateKeys.of(seed))),
    verify(publicKey, message, signature) {
      if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false
      return verify(undefined, message, publicKeys.of(publicKey), signature)
    },
  } satisfies Primitives)
}

function hashOf(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = joinSmall(parts)
  if (joined !== undefined) return new Uint8Array(blake3(asBuffer(joined)))
  return digestOf(new Blake3Hasher(), parts)
}

function keyedHashOf(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = Blake3Hasher.newKeyed(asBuffer(sized(key, keyBytes, 'a BLAKE3 key')))
  const joined = joinSmall(parts)
  return digestOf(hasher, joined === undefined ? parts : [joined])
}

function digestOf(hasher: Blake3Hasher, parts: readonly Uint8Array[]): Uint8Array {
  for (const part of parts) hasher.update(asBuffer(part))
  const digest = new Uint8Array(hasher.digestBuffer())
  assert(digest.length === hashBytes, 'BLAKE3 gives 32 bytes')
  return digest
}

/** All parts in one piece when there is one or they are small. */
function joinSmall(parts: readonly Uint8Array[]): Uint8Array | undefined {
  if (parts.length === 1) return parts[0]
  let length = 0
  for (const part of parts) length += part.length
  if (length > joinBytesMax) return undefined
  const joined = Buffer.allocUnsafe(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}

function sealInto(sealing: Sealing, parts: readonly Uint8Array[], into: Uint8Array): void {
  const gcm = createCipheriv(cipher, sealing.key, sized(sealing.nonce, nonceBytes, 'a nonce'))
  gcm.setAAD(sealing.context)
  let at = 0
  for (const part of parts) {
    for (let from = 0; from < part.length; from += pieceBytes) {
      const piece = gcm.update(part.subarray(from, from + pieceBytes))
      into.set(piece, at)
      at += piece.length
    }
  }
  gcm.final()
  assert(at + tagBytes === into.length, 'the target has room for exactly the text and its tag')
  into.set(gcm.getAuthTag(), at)
}

function openInto(sealing: Sealing, sealed: Uint8Array, into: Uint8Array): boolean {
  const end = sealed.length - tagBytes
  assert(end >= 0 && into.length === end, 'the target has room for exactly the text')
  const nonce = sized(sealing.nonce, nonceBytes, 'a nonce')
  const gcm = createDecipheriv(cipher, sealing.key, nonce, { authTagLength: tagBytes })
  gcm.setAAD(sealing.context)
  gcm.setAuthTag(sealed.subarray(end))
  for (let at = 0; at < end; at += pieceBytes) {
    into.set(gcm.update(sealed.subarray(at, Math.min(end, at + pieceBytes))), at)
  }
  if (isAuthentic(gcm)) return true
  into.fill(0)
  return false
}

function isAuthentic(gcm: DecipherGCM): boolean {
  try {
    gcm.final()
    return true
  } catch (error) {
    if (error instanceof Error && error.message.includes('unable to authenticate')) return false
    throw error
  }
}

/** Making a key object costs more than using it: the latest used ones are kept. */
class KeyObjects {
  readonly #make: (bytes: Uint8Array) => KeyObject
  readonly #kept = new Map<string, KeyObject>()

  constructor(make: (bytes: Uint8Array) => KeyObject) {
    this.#make = make
  }

  of(bytes: Uint8Array): KeyObject {
    const name = asBuffer(bytes).toString('latin1')
    const kept = this.#kept.get(name)
    if (kept !== undefined) return kept
    if (this.#kept.size >= keyObjectsMax) this.#dropOldest()
    const made = this.#make(bytes)
    this.#kept.set(name, made)
    return made
  }

  #dropOldest(): void {
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest)
      return
    }
  }
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([privateKeyHead, sized(seed, keyBytes, 'an Ed25519 seed')])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** Any 32 bytes are taken here; those that are no key verify nothing. */
function publicKeyOf(publicKey: Uint8Array): KeyObject {
  const key = Buffer.concat([publicKeyHead, publicKey])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(spki.subarray(publicKeyHead.length))
}

class NodeHash implements RunningHash {
  readonly #hash: Hash

  constructor(algorithm: 'sha256' | 'md5') {
    this.#hash = createHash(algorithm)
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest())
  }
}
