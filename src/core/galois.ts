/** GF(2^8) with polynomial 0x11D, generator 2: single numbers, for matrices. Bytes are the kernels' work. */
const polynomial = 0x11d
const order = 255

const powers = new Uint8Array(2 * order)
const logarithms = new Uint8Array(order + 1)
for (let exponent = 0, value = 1; exponent < order; exponent += 1) {
  powers[exponent] = value
  powers[exponent + order] = value
  logarithms[value] = exponent
  value = value < 128 ? value * 2 : (value * 2) ^ polynomial
}

/** 2 to the power of a whole number from 0. */
export function powerOf2(exponent: number): number {
  return powers[exponent % order]!
}

export function multiply(left: number, right: number): number {
  if (left === 0 || right === 0) return 0
  return powers[logarithms[left]! + logarithms[right]!]!
}

/** Of a number that is not 0. */
export function inverse(value: number): number {
  return powers[order - logarithms[value]!]!
}
