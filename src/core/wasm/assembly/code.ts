/**
 * Erasure code 1 of docs/format.md, section 4, over GF(2^8) with polynomial 0x11D. Products by constants are
 * nibble-table look-ups; products by 2 are shifts. Constants come in as arguments: the engine would make
 * what it knows anew at each use, which costs up to two fifths of the speed.
 */

@inline
function times2(lanes: v128, polynomial: v128): v128 {
  const reduce = v128.and(i8x16.lt_s(lanes, i8x16.splat(0)), polynomial)
  return v128.xor(i8x16.add(lanes, lanes), reduce)
}

@inline
function times4(lanes: v128, polynomial: v128): v128 {
  return times2(times2(lanes, polynomial), polynomial)
}

@inline
function times8(lanes: v128, polynomial: v128): v128 {
  return times2(times2(times2(lanes, polynomial), polynomial), polynomial)
}

// Parity at one column of 64 bytes, for one or two parity shards: every cache line is loaded once.
@inline
function encodeWide(
  parities: i32,
  first: usize,
  k: i32,
  shardBytes: usize,
  polynomial: v128,
): void {
  let place = first + <usize>(k - 1) * shardBytes
  let a0 = v128.load(place)
  let a1 = v128.load(place, 16)
  let a2 = v128.load(place, 32)
  let a3 = v128.load(place, 48)
  let b0 = a0
  let b1 = a1
  let b2 = a2
  let b3 = a3
  for (let left = k - 1; left > 0; left--) {
    place -= shardBytes
    const d0 = v128.load(place)
    const d1 = v128.load(place, 16)
    const d2 = v128.load(place, 32)
    const d3 = v128.load(place, 48)
    a0 = v128.xor(a0, d0)
    a1 = v128.xor(a1, d1)
    a2 = v128.xor(a2, d2)
    a3 = v128.xor(a3, d3)
    if (parities > 1) {
      b0 = v128.xor(times2(b0, polynomial), d0)
      b1 = v128.xor(times2(b1, polynomial), d1)
      b2 = v128.xor(times2(b2, polynomial), d2)
      b3 = v128.xor(times2(b3, polynomial), d3)
    }
  }
  place = first + <usize>k * shardBytes
  v128.store(place, a0)
  v128.store(place, a1, 16)
  v128.store(place, a2, 32)
  v128.store(place, a3, 48)
  if (parities > 1) {
    place += shardBytes
    v128.store(place, b0)
    v128.store(place, b1, 16)
    v128.store(place, b2, 32)
    v128.store(place, b3, 48)
  }
}

// Half a column for three or four parity shards: more would not stay in registers.
@inline
function encodeNarrow(
  parities: i32,
  first: usize,
  k: i32,
  shardBytes: usize,
  polynomial: v128,
): void {
  let place = first + <usize>(k - 1) * shardBytes
  let a0 = v128.load(place)
  let a1 = v128.load(place, 16)
  let b0 = a0
  let b1 = a1
  let c0 = a0
  let c1 = a1
  let d0 = a0
  let d1 = a1
  for (let left = k - 1; left > 0; left--) {
    place -= shardBytes
    const x0 = v128.load(place)
    const x1 = v128.load(place, 16)
    a0 = v128.xor(a0, x0)
    a1 = v128.xor(a1, x1)
    b0 = v128.xor(times2(b0, polynomial), x0)
    b1 = v128.xor(times2(b1, polynomial), x1)
    c0 = v128.xor(times4(c0, polynomial), x0)
    c1 = v128.xor(times4(c1, polynomial), x1)
    if (parities > 3) {
      d0 = v128.xor(times8(d0, polynomial), x0)
      d1 = v128.xor(times8(d1, polynomial), x1)
    }
  }
  place = first + <usize>k * shardBytes
  v128.store(place, a0)
  v128.store(place, a1, 16)
  place += shardBytes
  v128.store(place, b0)
  v128.store(place, b1, 16)
  place += shardBytes
  v128.store(place, c0)
  v128.store(place, c1, 16)
  if (parities > 3) {
    place += shardBytes
    v128.store(place, d0)
    v128.store(place, d1, 16)
  }
}

/**
 * Writes m parity shards behind the k data shards at `at`; `shardBytes` is a multiple of 64, `polynomial`
 * 0x1D.
 */
export function encode(at: usize, k: i32, m: i32, shardBytes: usize, polynomial: i32): void {
  const reduce = i8x16.splat(<i8>polynomial)
  const end = at + shardBytes
  if (m == 1) {
    for (let column = at; column < end; column += 64) encodeWide(1, column, k, shardBytes, reduce)
  } else if (m == 2) {
    for (let column = at; column < end; column += 64) encodeWide(2, column, k, shardBytes, reduce)
  } else if (m == 3) {
    for (let column = at; column < end; column += 32) encodeNarrow(3, column, k, shardBytes, reduce)
  } else {
    for (let column = at; column < end; column += 32) encodeNarrow(4, column, k, shardBytes, reduce)
  }
}

@inline
function product(table: usize, low: v128, high: v128): v128 {
  const lower = i8x16.relaxed_swizzle(v128.load(table), low)
  return v128.xor(lower, i8x16.relaxed_swizzle(v128.load(table, 16), high))
}

// One vector of up to four outputs. `tables`: for each output 16 × 32 bytes.
@inline
function combineVector(
  outputs: i32,
  sources: usize,
  targets: usize,
  k: i32,
  tables: usize,
  offset: usize,
  nibble: v128,
): void {
  let a = i8x16.splat(0)
  let b = a
  let c = a
  let d = a
  for (let input = 0; input < k; input++) {
    const lanes = v128.load(<usize>load<u32>(sources + (<usize>input << 2)) + offset)
    const low = v128.and(lanes, nibble)
    const high = v128.and(i16x8.shr_u(lanes, 4), nibble)
    const table = tables + (<usize>input << 5)
    a = v128.xor(a, product(table, low, high))
    if (outputs > 1) b = v128.xor(b, product(table + 512, low, high))
    if (outputs > 2) c = v128.xor(c, product(table + 1024, low, high))
    if (outputs > 3) d = v128.xor(d, product(table + 1536, low, high))
  }
  v128.store(<usize>load<u32>(targets) + offset, a)
  if (outputs > 1) v128.store(<usize>load<u32>(targets, 4) + offset, b)
  if (outputs > 2) v128.store(<usize>load<u32>(targets, 8) + offset, c)
  if (outputs > 3) v128.store(<usize>load<u32>(targets, 12) + offset, d)
}

@inline
function combineVectors(
  outputs: i32,
  sources: usize,
  targets: usize,
  k: i32,
  tables: usize,
  bytes: usize,
  nibble: v128,
): void {
  const last = bytes - 16
  for (let offset: usize = 0; offset < last; offset += 16) {
    combineVector(outputs, sources, targets, k, tables, offset, nibble)
  }
  // What is left over, together with bytes that were done before.
  combineVector(outputs, sources, targets, k, tables, last, nibble)
}

/**
 * Linear combinations of k inputs: `sources` and `targets` are lists of offsets, `tables` the products of
 * each coefficient with the 16 low and the 16 high nibbles. At most four outputs, at least 16 bytes.
 * `nibbleMask`: 15.
 */
export function combine(
  sources: usize,
  targets: usize,
  k: i32,
  outputs: i32,
  tables: usize,
  bytes: usize,
  nibbleMask: i32,
): void {
  const nibble = i8x16.splat(<i8>nibbleMask)
  if (outputs == 1) combineVectors(1, sources, targets, k, tables, bytes, nibble)
  else if (outputs == 2) combineVectors(2, sources, targets, k, tables, bytes, nibble)
  else if (outputs == 3) combineVectors(3, sources, targets, k, tables, bytes, nibble)
  else combineVectors(4, sources, targets, k, tables, bytes, nibble)
}

@inline
function sumAt(sources: usize, target: usize, k: i32, offset: usize): void {
  let sum = i8x16.splat(0)
  for (let input = 0; input < k; input++) {
    const source = <usize>load<u32>(sources + (<usize>input << 2))
    sum = v128.xor(sum, v128.load(source + offset))
  }
  v128.store(target + offset, sum)
}

/** The combination whose coefficients are all one. At least 16 bytes. */
export function sum(sources: usize, target: usize, k: i32, bytes: usize): void {
  const last = bytes - 16
  for (let offset: usize = 0; offset < last; offset += 16) sumAt(sources, target, k, offset)
  sumAt(sources, target, k, last)
}
