/**
 * The boundary search of docs/format.md, section 3.1: 16 positions at a time, even and odd ones in two
 * vectors of 16-bit lanes.
 */

@inline
function back1(before: v128, now: v128): v128 {
  return i8x16.shuffle(before, now, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29)
}

@inline
function back2(before: v128, now: v128): v128 {
  return i8x16.shuffle(before, now, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)
}

@inline
function back4(before: v128, now: v128): v128 {
  return i8x16.shuffle(before, now, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23)
}

@inline
function atLeast(lanes: v128, least: v128): v128 {
  return i16x8.eq(i16x8.max_u(lanes, least), lanes)
}

/** Eight bits, each to twice its place. */
function spread(bits: i32): i32 {
  bits = (bits | (bits << 4)) & 0x0f0f
  bits = (bits | (bits << 2)) & 0x3333
  return (bits | (bits << 1)) & 0x5555
}

/** SipHash-2-4 of the 32 bytes at `at` under the 16 bytes at `key`. */
function sipHash(at: usize, key: usize): u64 {
  const k0 = load<u64>(key)
  const k1 = load<u64>(key, 8)
  let v0 = k0 ^ 0x736f6d6570736575
  let v1 = k1 ^ 0x646f72616e646f6d
  let v2 = k0 ^ 0x6c7967656e657261
  let v3 = k1 ^ 0x7465646279746573
  // Ten rounds for four words and the length, four to finish; a word goes in every second round.
  let word: u64 = 0
  for (let round: usize = 0; round < 14; round++) {
    if (round < 10) {
      if ((round & 1) == 0) {
        word = round < 8 ? load<u64>(at + (round << 2)) : 0x2000000000000000
        v3 ^= word
      }
    } else if (round == 10) {
      v2 ^= 0xff
    }
    v0 += v1
    v2 += v3
    v1 = rotl(v1, 13) ^ v0
    v3 = rotl(v3, 16) ^ v2
    v0 = rotl(v0, 32)
    v2 += v1
    v0 += v3
    v1 = rotl(v1, 17) ^ v2
    v3 = rotl(v3, 21) ^ v0
    v2 = rotl(v2, 32)
    if (round < 10 && (round & 1) == 1) v0 ^= word
  }
  return v0 ^ v1 ^ v2 ^ v3
}

function sameWindow(left: usize, right: usize): bool {
  return (
    ((load<u64>(left) ^ load<u64>(right)) |
      (load<u64>(left, 8) ^ load<u64>(right, 8)) |
      (load<u64>(left, 16) ^ load<u64>(right, 16)) |
      (load<u64>(left, 24) ^ load<u64>(right, 24))) ==
    0
  )
}

/**
 * Least length from `from` (at least 64) to `to` after which the chunk at `at` may end, or 0. `key`: 16
 * bytes for SipHash, then four odd multipliers. `stage`: 32 bytes of room. `shift`: 64 less the number of
 * zero bits wanted of SipHash. `candidate`: 0xFFC0, an argument because the engine would make a constant
 * anew in each round.
 */
export function findCut(
  at: usize,
  from: usize,
  to: usize,
  key: usize,
  stage: usize,
  shift: i32,
  candidate: i32,
): usize {
  const a0 = i16x8.splat(load<i16>(key, 16))
  const a1 = i16x8.splat(load<i16>(key, 18))
  const a2 = i16x8.splat(load<i16>(key, 20))
  const a3 = i16x8.splat(load<i16>(key, 22))
  const least = i16x8.splat(<i16>candidate)
  const zero = i16x8.splat(0)
  let even0 = zero
  let even1 = zero
  let even2 = zero
  let even3 = zero
  let odd0 = zero
  let odd1 = zero
  let odd2 = zero
  let odd3 = zero
  // One before the first position that counts.
  const first = at + from - 2
  const end = at + to
  // A run of equal windows (zeros, one pixel over and over) is hashed once.
  let refused: usize = 0
  // Two rounds warm the 32 bytes before.
  for (let place = first - 32; place + 1 < end; place += 16) {
    let source = place
    if (place + 17 > end) {
      v128.store(stage, zero)
      v128.store(stage, zero, 16)
      memory.copy(stage, place, end - place)
      source = stage
    }
    const even = v128.load(source)
    const odd = v128.load(source, 1)
    const evenA = i16x8.add(i16x8.mul(even, a0), i16x8.shr_u(back1(even0, even), 4))
    const oddA = i16x8.add(i16x8.mul(odd, a0), i16x8.shr_u(back1(odd0, odd), 4))
    const evenB = i16x8.add(i16x8.mul(evenA, a1), back2(even1, evenA))
    const oddB = i16x8.add(i16x8.mul(oddA, a1), back2(odd1, oddA))
    const evenC = i16x8.add(i16x8.mul(evenB, a2), back4(even2, evenB))
    const oddC = i16x8.add(i16x8.mul(oddB, a2), back4(odd2, oddB))
    const evenD = i16x8.add(i16x8.mul(evenC, a3), even3)
    const oddD = i16x8.add(i16x8.mul(oddC, a3), odd3)
    even0 = even
    even1 = evenA
    even2 = evenB
    even3 = evenC
    odd0 = odd
    odd1 = oddA
    odd2 = oddB
    odd3 = oddC
    if (v128.any_true(atLeast(i16x8.max_u(evenD, oddD), least)) && place >= first) {
      let hits =
        spread(i16x8.bitmask(atLeast(evenD, least))) |
        (spread(i16x8.bitmask(atLeast(oddD, least))) << 1)
      while (hits != 0) {
        const position = place + 1 + ctz(hits)
        if (position >= end) return 0
        hits &= hits - 1
        const window = position - 31
        if (refused != 0 && sameWindow(window, refused)) continue
        if (sipHash(window, key) >> shift == 0) return position + 1 - at
        refused = window
      }
    }
  }
  return 0
}
