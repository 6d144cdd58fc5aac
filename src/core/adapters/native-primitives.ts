/** Primitives over node's OpenSSL and the BLAKE3 of @napi-rs/blake-hash; small texts are hashed in WebAssembly. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
  type CipherGCM,
  type DecipherGCM,
  type Hash,
  type KeyObject,
} from 'node:crypto'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import { assert } from '../../base/assert.ts'
import type { Primitives, RunningHash, Sealing } from '../primitives.ts'
import { loadFfiGcm } from './ffi-gcm.ts'
import { keyBytes, nonceBytes, signatureBytes, sized, tagBytes } from '../sized.ts'
import { SmallHash, smallHashBytesMax } from '../small-hash.ts'

const cipher = 'aes-256-gcm'
/** `update` allocates what it gives back: pieces of this size stay cheap to allocate and in the cache. */
const pieceBytes = 64 * 1024
/** Below this, copying parts together beats another call into native code. */
const joinBytesMax = 2048
const keptMax = 1024
/** PKCS #8 and SPKI of Ed25519 (RFC 8410), up to the 32 bytes. */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

export interface NativeOptions {
  /** False keeps to node's cipher objects; otherwise OpenSSL is called directly where that works. */
  readonly direct?: boolean
}

export function createNativePrimitives(options: NativeOptions = {}): Primitives {
  const gcm = options.direct === false ? undefined : loadFfiGcm()
  const small = new SmallHash()
  const hasher = new Blake3Hasher()
  const keyedHashers = new Kept((key) => Blake3Hasher.newKeyed(asBuffer(key)))
  const privateKeys = new Kept(privateKeyOf)
  const publicKeys = new Kept(publicKeyOf)
  return Object.freeze({
    blake3: (...parts) => (isSmall(parts) ? small.digest(parts) : digestOf(hasher, parts)),
    blake3Keyed(key, ...parts) {
      sized(key, keyBytes, 'a BLAKE3 key')
      return isSmall(parts) ? small.digest(parts, key) : digestOf(keyedHashers.of(key), parts)
    },
    sha256: () => new NodeHash('sha256'),
    md5: () => new NodeHash('md5'),
    seal: gcm ? (sealing, parts, into) => gcm.seal(sealing, parts, into) : sealInto,
    open: gcm ? (sealing, sealed, into) => gcm.open(sealing, sealed, into) : openInto,
    signingPublicKey: (seed) => rawPublicKey(privateKeys.of(seed)),
    sign: (seed, message) => new Uint8Array(sign(undefined, message, privateKeys.of(seed))),
    verify(publicKey, message, signature) {
      if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false
      return verify(undefined, message, publicKeys.of(publicKey), signature)
    },
  } satisfies Primitives)
}

/** `reset` keeps a hasher's key. The text form of the digest is cheaper than memory of native code. */
function digestOf(hasher: Blake3Hasher, parts: readonly Uint8Array[]): Uint8Array {
  hasher.reset()
  for (const part of parts) hasher.update(asBuffer(part))
  return Uint8Array.fromHex(hasher.digest('hex'))
}

function isSmall(parts: readonly Uint8Array[]): boolean {
  let length = 0
  for (const part of parts) length += part.length
  return length <= smallHashBytesMax
}

/** All parts in one piece when there is one or they are small. */
function joinSmall(parts: readonly Uint8Array[]): Buffer | undefined {
  if (parts.length === 1) return asBuffer(parts[0]!)
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
  const joined = joinSmall(parts)
  let at = 0
  for (const part of joined === undefined ? parts : [joined]) {
    at = updateInto(gcm, part, { into, at })
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
  updateInto(gcm, sealed.subarray(0, end), { into, at: 0 })
  if (isAuthentic(gcm)) return true
  into.fill(0)
  return false
}

/**
 * Gives where the next byte goes. Copies with `Buffer.copy`: `set` into shared memory is ten times slower
 * between places that are not aligned alike.
 */
function updateInto(
  gcm: CipherGCM | DecipherGCM,
  text: Uint8Array,
  target: { readonly into: Uint8Array; readonly at: number },
): number {
  const into = asBuffer(target.into)
  let { at } = target
  for (let from = 0; from < text.length; from += pieceBytes) {
    at += gcm.update(text.subarray(from, from + pieceBytes)).copy(into, at)
  }
  return at
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

/** Objects of native code by the bytes they are made of: making one costs more than using it. */
class Kept<Made> {
  readonly #make: (bytes: Uint8Array) => Made
  readonly #kept = new Map<string, Made>()

  constructor(make: (bytes: Uint8Array) => Made) {
    this.#make = make
  }

  of(bytes: Uint8Array): Made {
    const name = asBuffer(bytes).toString('latin1')
    const kept = this.#kept.get(name)
    if (kept !== undefined) return kept
    const made = this.#make(bytes)
    if (this.#kept.size >= keptMax) this.#dropOldest()
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
