/**
 * Erasure code 1 of docs/format.md, section 4, as its definition reads: byte by byte, bit by bit, sharing
 * nothing with the product's code. The oracle of its tests.
 */

/** Product of two polynomials over GF(2), modulo 0x11D. */
export function slowMultiply(left: number, right: number): number {
  let product = 0
  let shifted = left
  for (let bit = 1; bit < 256; bit *= 2) {
    if ((right & bit) !== 0) product ^= shifted
    shifted *= 2
    if (shifted > 255) shifted ^= 0x11d
  }
  return product
}

export function slowPowerOf2(exponent: number): number {
  let power = 1
  for (let step = 0; step < exponent; step += 1) power = slowMultiply(power, 2)
  return power
}

/** Parity shard j: at each byte the sum over i of data_i · 2^(i·j). */
function slowParity(shards: readonly Uint8Array[], j: number): Uint8Array {
  const parity = new Uint8Array(shards[0]!.length)
  shards.forEach((shard, i) => {
    const factor = slowPowerOf2(i * j)
    shard.forEach((byte, at) => {
      parity[at]! ^= slowMultiply(byte, factor)
    })
  })
  return parity
}

/** All k + m shards. */
export function slowCodeword(shards: readonly Uint8Array[], m: number): Uint8Array[] {
  return [...shards, ...Array.from({ length: m }, (_, j) => slowParity(shards, j))]
}
