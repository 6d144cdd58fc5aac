/**
 * The boundary rule of docs/format.md, section 3.1, as its definition reads: each position by itself. The
 * oracle of the kernels' tests.
 */

const mask = (1n << 64n) - 1n

function rotateLeft(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & mask
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n)
}

type State = [bigint, bigint, bigint, bigint]

function sipRound(v: State): void {
  v[0] = (v[0] + v[1]) & mask
  v[2] = (v[2] + v[3]) & mask
  v[1] = rotateLeft(v[1], 13n) ^ v[0]
  v[3] = rotateLeft(v[3], 16n) ^ v[2]
  v[0] = rotateLeft(v[0], 32n)
  v[2] = (v[2] + v[1]) & mask
  v[0] = (v[0] + v[3]) & mask
  v[1] = rotateLeft(v[1], 17n) ^ v[2]
  v[3] = rotateLeft(v[3], 21n) ^ v[0]
  v[2] = rotateLeft(v[2], 32n)
}

/** SipHash-2-4 (Aumasson and Bernstein) of any bytes under a key of 16 bytes. */
export function slowSipHash(key: Uint8Array, bytes: Uint8Array): bigint {
  const k0 = littleEndian(key.subarray(0, 8))
  const k1 = littleEndian(key.subarray(8, 16))
  const v: State = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ]
  const padded = new Uint8Array(Math.floor(bytes.length / 8) * 8 + 8)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length & 255
  for (let at = 0; at < padded.length; at += 8) {
    const word = littleEndian(padded.subarray(at, at + 8))
    v[3] ^= word
    sipRound(v)
    sipRound(v)
    v[0] ^= word
  }
  v[2] ^= 0xffn
  for (let round = 0; round < 4; round += 1) sipRound(v)
  return v[0] ^ v[1] ^ v[2] ^ v[3]
}

/** The filter's value at position p, from the 32 bytes up to and including it: 16 bits. */
export function slowFilter(bytes: Uint8Array, p: number, cutKey: Uint8Array): number {
  const a = [0, 1, 2, 3].map((n) => cutKey[16 + 2 * n]! | 1 | (cutKey[17 + 2 * n]! << 8))
  let sum = 0
  for (let j = 0; j < 16; j += 1) {
    const word = bytes[p - 2 * j - 1]! + 256 * bytes[p - 2 * j]!
    let term = (j & 1) === 1 ? word >> 4 : Math.imul(word, a[0]!)
    for (let n = 1; n < 4; n += 1) {
      if (((j >> n) & 1) === 0) term = Math.imul(term, a[n]!)
    }
    sum = (sum + term) & 0xffff
  }
  return sum
}

/** Whether the chunk may end after position p. */
export function slowIsBoundary(
  bytes: Uint8Array,
  p: number,
  rule: { readonly cutKey: Uint8Array; readonly bits: number },
): boolean {
  if (slowFilter(bytes, p, rule.cutKey) < 0xffc0) return false
  const hash = slowSipHash(rule.cutKey.subarray(0, 16), bytes.subarray(p - 31, p + 1))
  return hash >> BigInt(64 - rule.bits) === 0n
}
