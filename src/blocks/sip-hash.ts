/**
 * HalfSipHash-1-3: 32 bits from a few words under a secret of two words, so that ids chosen by a client
 * cannot be made to meet in one place of a table. Not for trust.
 */
export function halfSipHash(
  secret: { readonly low: number; readonly high: number },
  words: Uint32Array,
): number {
  let v0 = secret.low
  let v1 = secret.high
  let v2 = 0x6c796765 ^ secret.low
  let v3 = 0x74656462 ^ secret.high
  for (let at = 0; at < words.length + 4; at += 1) {
    // The words, then the length, then three rounds without input
    const word = at < words.length ? words[at]! : at === words.length ? words.length << 26 : 0
    if (at === words.length + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return (v1 ^ v3) >>> 0
}
