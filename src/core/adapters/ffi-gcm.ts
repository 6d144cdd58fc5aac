/**
 * AES-256-GCM straight from memory to memory, through OpenSSL's own functions in this process: node's
 * cipher objects allocate what they give back, which costs as much again as the encryption. Rests on
 * node:ffi, which is experimental: where it is not there, or does not give the right bytes, `loadFfiGcm`
 * says so with undefined and node's cipher objects are used.
 */
import { createCipheriv } from 'node:crypto'
import { withFfi, type Ffi } from '../../base/adapters/ffi.ts'
import { assert } from '../../base/assert.ts'
import type { Sealing } from '../primitives.ts'
import { keyBytes, nonceBytes, tagBytes } from '../sized.ts'

export interface DirectGcm {
  /** As `Primitives.seal`. */
  seal(sealing: Sealing, parts: readonly Uint8Array[], into: Uint8Array): void
  /** As `Primitives.open`; `into` may begin where `sealed` does. */
  open(sealing: Sealing, sealed: Uint8Array, into: Uint8Array): boolean
}

const control = { getTag: 0x10, setTag: 0x11 } as const
const none = 0n
const contextBytesMax = 1024

const pointer = 'pointer'
const signatures = Object.freeze({
  EVP_aes_256_gcm: { return: pointer, arguments: [] },
  EVP_CIPHER_CTX_new: { return: pointer, arguments: [] },
  EVP_CipherInit_ex: {
    return: 'int32',
    arguments: [pointer, pointer, pointer, pointer, pointer, 'int32'],
  },
  EVP_CipherUpdate: { return: 'int32', arguments: [pointer, pointer, pointer, pointer, 'int32'] },
  EVP_CipherFinal_ex: { return: 'int32', arguments: [pointer, pointer, pointer] },
  EVP_CIPHER_CTX_ctrl: { return: 'int32', arguments: [pointer, 'int32', 'int32', pointer] },
})
type Functions = Record<
  keyof typeof signatures,
  (...values: (bigint | number)[]) => bigint | number
>

/** Undefined where it cannot be used. Each thread loads its own. */
export function loadFfiGcm(): DirectGcm | undefined {
  return withFfi((ffi) => {
    const gcm = new FfiGcm(ffi)
    return isRight(gcm) ? gcm : undefined
  })
}

class FfiGcm implements DirectGcm {
  readonly #ffi: Ffi
  readonly #functions: Functions
  readonly #cipher: bigint
  readonly #state: bigint
  /** The state keeps its cipher: naming it again would have it looked up again. */
  #begun = false
  /** Key, nonce, context and tag lie here while a call reads them; the count of written bytes too. */
  readonly #small = new Uint8Array(new ArrayBuffer(keyBytes + 64 + contextBytesMax))
  readonly #smallAt: bigint
  /** Addresses of memory that lasts: they are asked for once. */
  readonly #addresses = new WeakMap<ArrayBufferLike, bigint>()

  constructor(ffi: Ffi) {
    this.#ffi = ffi
    this.#functions = ffi.dlopen(null, signatures).functions as Functions
    this.#cipher = this.#functions.EVP_aes_256_gcm() as bigint
    this.#state = this.#functions.EVP_CIPHER_CTX_new() as bigint
    assert(this.#cipher !== none && this.#state !== none, 'OpenSSL gives a cipher')
    this.#smallAt = ffi.getRawPointer(this.#small)
  }

  seal(sealing: Sealing, parts: readonly Uint8Array[], into: Uint8Array): void {
    this.#begin(sealing, 1)
    const at = this.#addressOf(into)
    let done = 0
    for (const part of parts) {
      this.#update(at + BigInt(done), part)
      done += part.length
    }
    assert(done + tagBytes === into.length, 'the target has room for exactly the text and its tag')
    assert(this.#finish(at + BigInt(done)), 'sealing ends')
    this.#control(control.getTag, at + BigInt(done))
  }

  open(sealing: Sealing, sealed: Uint8Array, into: Uint8Array): boolean {
    const end = sealed.length - tagBytes
    assert(end >= 0 && into.length === end, 'the target has room for exactly the text')
    this.#begin(sealing, 0)
    this.#control(control.setTag, this.#addressOf(sealed.subarray(end)))
    const at = this.#addressOf(into)
    if (end > 0) this.#update(at, sealed.subarray(0, end))
    if (this.#finish(at + BigInt(end))) return true
    into.fill(0)
    return false
  }

  #begin({ key, nonce, context }: Sealing, encrypt: 0 | 1): void {
    assert(key.length === keyBytes && nonce.length === nonceBytes, 'key and nonce have their sizes')
    assert(context.length <= contextBytesMax, 'the context is short')
    this.#small.set(key, 0)
    this.#small.set(nonce, keyBytes)
    this.#small.set(context, keyBytes + 64)
    const nonceAt = this.#smallAt + BigInt(keyBytes)
    const { EVP_CipherInit_ex: init } = this.#functions
    const begun = init(
      this.#state,
      this.#begun ? none : this.#cipher,
      none,
      this.#smallAt,
      nonceAt,
      encrypt,
    )
    assert(begun === 1, 'OpenSSL takes key and nonce')
    this.#begun = true
    this.#updateFrom(none, this.#smallAt + BigInt(keyBytes + 64), context.length)
    this.#small.fill(0, 0, keyBytes)
  }

  #update(to: bigint, part: Uint8Array): void {
    if (part.length > 0) this.#updateFrom(to, this.#addressOf(part), part.length)
  }

  #updateFrom(to: bigint, from: bigint, bytes: number): void {
    const written = this.#smallAt + BigInt(keyBytes + 32)
    const done = this.#functions.EVP_CipherUpdate(this.#state, to, written, from, bytes)
    assert(done === 1, 'OpenSSL takes the text')
  }

  #finish(at: bigint): boolean {
    const written = this.#smallAt + BigInt(keyBytes + 32)
    return this.#functions.EVP_CipherFinal_ex(this.#state, at, written) === 1
  }

  #control(what: number, at: bigint): void {
    const done = this.#functions.EVP_CIPHER_CTX_ctrl(this.#state, what, tagBytes, at)
    assert(done === 1, 'OpenSSL takes or gives the tag')
  }

  #addressOf(bytes: Uint8Array): bigint {
    const { buffer, byteOffset } = bytes
    let base = this.#addresses.get(buffer)
    if (base === undefined) {
      base = this.#ffi.getRawPointer(bytes) - BigInt(byteOffset)
      // Shared memory never moves and is never detached; other memory is asked for each time.
      if (buffer instanceof SharedArrayBuffer) this.#addresses.set(buffer, base)
    }
    return base + BigInt(byteOffset)
  }
}

/** Compares with node's cipher objects before anything depends on it. */
function isRight(gcm: DirectGcm): boolean {
  const sealing = {
    key: new Uint8Array(keyBytes).fill(1),
    nonce: new Uint8Array(nonceBytes).fill(2),
    context: new Uint8Array(40).fill(3),
  }
  const text = new Uint8Array(1000).map((_, at) => at)
  const sealed = new Uint8Array(text.length + tagBytes)
  gcm.seal(sealing, [text.subarray(0, 7), text.subarray(7)], sealed)
  const cipher = createCipheriv('aes-256-gcm', sealing.key, sealing.nonce)
  cipher.setAAD(sealing.context)
  const expected = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  const opened = new Uint8Array(text.length)
  const opens = gcm.open(sealing, sealed, opened)
  const same = expected.equals(sealed) && Buffer.from(opened).equals(text)
  sealed[3]! ^= 1
  return opens && same && !gcm.open(sealing, sealed, opened)
}
