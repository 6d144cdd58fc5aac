/**
 * BLAKE3 of small texts in WebAssembly: a tenth of what calls into native code cost, which is nearly all of
 * it there. Source: the BLAKE3 paper, sections 2.2 to 2.4.
 */
import { assert } from '../base/assert.ts'
import { keyBytes } from './sized.ts'
import { smallHashBytes } from './wasm/kernel-bytes.ts'

/** One chunk. */
export const smallHashBytesMax = 1024
const blockBytes = 64
const keyAt = 1024
const digestAt = 1056
const keyedMode = 16
const initialValues = new Uint32Array([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
])

/** One for each thread: it has one place to work in. */
export class SmallHash {
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #hash: (length: number, mode: number) => void

  constructor() {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const code = new WebAssembly.Module(Uint8Array.fromBase64(smallHashBytes))
    const { exports } = new WebAssembly.Instance(code, { env: { memory } })
    this.#bytes = new Uint8Array(memory.buffer)
    this.#words = new Uint32Array(memory.buffer, keyAt, keyBytes / 4)
    this.#hash = exports['hash'] as (length: number, mode: number) => void
  }

  /** 32 bytes of the parts one after the other, at most `smallHashBytesMax`; keyed when there is a key. */
  digest(parts: readonly Uint8Array[], key?: Uint8Array): Uint8Array {
    const bytes = this.#bytes
    let at = 0
    for (const part of parts) {
      assert(at + part.length <= smallHashBytesMax, 'a small text is small')
      bytes.set(part, at)
      at += part.length
    }
    bytes.fill(0, at, Math.ceil(at / blockBytes) * blockBytes || blockBytes)
    if (key) bytes.set(key, keyAt)
    else this.#words.set(initialValues)
    this.#hash(at, key ? keyedMode : 0)
    return bytes.slice(digestAt, digestAt + keyBytes)
  }
}
