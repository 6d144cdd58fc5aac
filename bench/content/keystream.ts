/** Pseudo-random bytes that follow from a seed, faster than memory is filled: AES-256 in counter mode. */
import { createCipheriv, createHash } from 'node:crypto'
import type { Cipheriv } from 'node:crypto'

const pieceBytes = 1024 * 1024
const zeros = Buffer.alloc(pieceBytes)

export class Keystream {
  readonly #cipher: Cipheriv

  constructor(seed: string) {
    const key = createHash('sha256').update(seed).digest()
    this.#cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16))
  }

  /** The next so many bytes: at most 1 MiB. */
  next(bytes: number): Buffer {
    return this.#cipher.update(zeros.subarray(0, bytes))
  }

  /** The first `bytes` in pieces of at most 1 MiB. */
  *pieces(bytes: number): Generator<Buffer> {
    for (let left = bytes; left > 0; left -= pieceBytes) yield this.next(Math.min(left, pieceBytes))
  }
}
