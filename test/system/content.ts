/** Contents of files that follow from a seed, so that a test need not keep them. */
import { createCipheriv, createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const pieceBytes = 1 << 20

/** Bytes that no other seed gives, quickly. */
export function contentOf(seed: string, bytes: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes))
}

/** The same, piece by piece, for more than memory should hold. */
export function* piecesOf(seed: string, bytes: number): Generator<Buffer> {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  const zeros = Buffer.alloc(pieceBytes)
  for (let left = bytes; left > 0; left -= pieceBytes) {
    yield cipher.update(zeros.subarray(0, Math.min(left, pieceBytes)))
  }
}

export function writeContent(path: string, seed: string, bytes: number): string {
  const content = contentOf(seed, bytes)
  writeFileSync(path, content)
  return sha256(content)
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function sha256Of(path: string): string {
  return sha256(readFileSync(path))
}

/** Whole numbers below a bound and choices, from a seed that a failure can name. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to `bound` - 1. */
  below(bound: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
  }

  among<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }
}
