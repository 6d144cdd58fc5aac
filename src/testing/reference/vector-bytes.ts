/**
 * The contents that docs/vectors/format.json gives as { seed, length }: x(0) = seed, x(n + 1) =
 * (1664525 · x(n) + 1013904223) mod 2^32, byte n = floor(x(n + 1) / 2^24).
 */
export function vectorBytes(content: {
  readonly seed: number
  readonly length: number
}): Uint8Array {
  const bytes = new Uint8Array(content.length)
  let state = content.seed
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}
