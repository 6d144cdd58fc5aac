/**
 * BLAKE3 of at most one chunk (1,024 bytes), keyed or not: for the many small texts, where calls into native
 * code cost more than hashing. The four rows of the state are vectors.
 */

/** Input, zeroed up to the next multiple of 64. */
const inputAt: usize = 0
/** The key, or the initial values. */
const keyAt: usize = 1024
const digestAt: usize = 1056

const chunkStart: i32 = 1
const chunkEnd: i32 = 2
const root: i32 = 8

let a: v128 = i32x4.splat(0)
let b: v128 = i32x4.splat(0)
let c: v128 = i32x4.splat(0)
let d: v128 = i32x4.splat(0)
let block: usize = 0

@inline
function rotate16(rows: v128): v128 {
  return i8x16.shuffle(rows, rows, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
}

@inline
function rotate12(rows: v128): v128 {
  return v128.or(i32x4.shr_u(rows, 12), i32x4.shl(rows, 20))
}

@inline
function rotate8(rows: v128): v128 {
  return i8x16.shuffle(rows, rows, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)
}

@inline
function rotate7(rows: v128): v128 {
  return v128.or(i32x4.shr_u(rows, 7), i32x4.shl(rows, 25))
}

/** Four words of the block, at these offsets. */
@inline
function words(o0: usize, o1: usize, o2: usize, o3: usize): v128 {
  let four = v128.load32_zero(block + o0)
  four = v128.load32_lane(block + o1, four, 1)
  four = v128.load32_lane(block + o2, four, 2)
  return v128.load32_lane(block + o3, four, 3)
}

@inline
function mix(first: v128, second: v128): void {
  a = i32x4.add(i32x4.add(a, b), first)
  d = rotate16(v128.xor(d, a))
  c = i32x4.add(c, d)
  b = rotate12(v128.xor(b, c))
  a = i32x4.add(i32x4.add(a, b), second)
  d = rotate8(v128.xor(d, a))
  c = i32x4.add(c, d)
  b = rotate7(v128.xor(b, c))
}

/** Columns, then diagonals; the offsets of the words in the order of this round. */
@inline
function round(
  o0: usize,
  o1: usize,
  o2: usize,
  o3: usize,
  o4: usize,
  o5: usize,
  o6: usize,
  o7: usize,
  o8: usize,
  o9: usize,
  o10: usize,
  o11: usize,
  o12: usize,
  o13: usize,
  o14: usize,
  o15: usize,
): void {
  mix(words(o0, o2, o4, o6), words(o1, o3, o5, o7))
  b = i8x16.shuffle(b, b, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3)
  c = i8x16.shuffle(c, c, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
  d = i8x16.shuffle(d, d, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
  mix(words(o8, o10, o12, o14), words(o9, o11, o13, o15))
  b = i8x16.shuffle(b, b, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
  c = i8x16.shuffle(c, c, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
  d = i8x16.shuffle(d, d, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3)
}

@inline
function compress(length: i32, flags: i32): void {
  c = i32x4(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a)
  d = i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(0), 2, length), 3, flags)
  round(0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60)
  round(8, 24, 12, 40, 28, 0, 16, 52, 4, 44, 48, 20, 36, 56, 60, 32)
  round(12, 16, 40, 48, 52, 8, 28, 56, 24, 20, 36, 0, 44, 60, 32, 4)
  round(40, 28, 48, 36, 56, 12, 52, 60, 16, 0, 44, 8, 20, 32, 4, 24)
  round(48, 52, 36, 44, 60, 40, 56, 32, 28, 8, 20, 12, 0, 4, 24, 16)
  round(36, 56, 44, 20, 32, 48, 60, 4, 52, 12, 0, 40, 8, 24, 16, 28)
  round(44, 60, 20, 0, 4, 36, 32, 24, 56, 40, 8, 48, 12, 16, 28, 52)
  a = v128.xor(a, c)
  b = v128.xor(b, d)
}

/** Hashes `length` bytes (0 to 1,024) of the input; `mode`: 0, or 16 for a keyed hash. */
export function hash(length: i32, mode: i32): void {
  a = v128.load(keyAt)
  b = v128.load(keyAt, 16)
  block = inputAt
  let flags = mode | chunkStart
  let left = length
  while (left > 64) {
    compress(64, flags)
    flags = mode
    left -= 64
    block += 64
  }
  compress(left, flags | chunkEnd | root)
  v128.store(digestAt, a)
  v128.store(digestAt, b, 16)
}
