/**
 * The binary encoding of every format of ours (docs/format.md, section 1): little-endian integers, fixed
 * arrays as they are, variable bytes behind a 32-bit length. A reader checks every length before it
 * allocates or slices, and gives views into the source, never copies.
 */
import { HoldfastError } from './errors.ts'
import { smallBytes } from './small-bytes.ts'

const u64Max = Number.MAX_SAFE_INTEGER

export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = smallBytes(capacity)
    this.#view = viewOf(this.#bytes)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    const at = this.#reserve(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    const at = this.#reserve(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    const at = this.#reserve(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  /** Up to 2^53 - 1. */
  u64(value: number): this {
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, BigInt(value), true)
    return this
  }

  /** From -(2^53 - 1) to 2^53 - 1. */
  i64(value: number): this {
    const at = this.#reserve(8)
    this.#view.setBigInt64(at, BigInt(value), true)
    return this
  }

  fixed(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** 32-bit length, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes)
  }

  zeros(count: number): this {
    this.#reserve(count)
    return this
  }

  /** A view of what was written; a later write may move it. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** May move the bytes: ask before touching them. */
  #reserve(count: number): number {
    const at = this.#length
    if (at + count > this.#bytes.length) this.#grow(at + count)
    this.#length = at + count
    return at
  }

  #grow(needed: number): void {
    const larger = smallBytes(Math.max(needed, this.#bytes.length * 2))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
    this.#view = viewOf(larger)
  }
}

/** Reads what a ByteWriter wrote. Throws MALFORMED, naming `what`, when the bytes end early. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #what: string
  #at = 0

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#what = what
  }

  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true)
    if (value > BigInt(u64Max)) throw this.malformed(`number ${value} is over 2^53 - 1`)
    return Number(value)
  }

  i64(): number {
    const value = this.#view.getBigInt64(this.#take(8), true)
    if (value > BigInt(u64Max) || value < -BigInt(u64Max)) {
      throw this.malformed(`number ${value} is beyond 53 bits`)
    }
    return Number(value)
  }

  /** A view of `count` bytes. */
  fixed(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** A view of bytes behind a 32-bit length, which may be at most `bytesMax`. */
  bytes(bytesMax: number): Uint8Array {
    const length = this.u32()
    if (length > bytesMax) throw this.malformed(`length ${length} is over ${bytesMax}`)
    return this.fixed(length)
  }

  /** A count of things that take at least `bytesEach` bytes: refused when they cannot all be there. */
  count(countMax: number, bytesEach: number): number {
    const count = this.u32()
    if (count > countMax) throw this.malformed(`count ${count} is over ${countMax}`)
    if (count * bytesEach > this.remaining) throw this.malformed(`count ${count} is over its bytes`)
    return count
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.remaining > 0) throw this.malformed(`${this.remaining} bytes too many`)
  }

  malformed(why: string): HoldfastError {
    return new HoldfastError('MALFORMED', `Cannot read ${this.#what}: ${why} (at byte ${this.#at})`)
  }

  #take(count: number): number {
    if (count > this.remaining) {
      throw this.malformed(`it ends after ${this.#bytes.length} bytes, ${count} more are needed`)
    }
    const at = this.#at
    this.#at += count
    return at
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
