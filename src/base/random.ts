/** Unpredictable bytes in programs, seeded ones in the simulated world. Passed in, never reached for. */
export interface Random {
  bytes(count: number): Uint8Array
}

/** A number in [0, 1) with 48 bits, for jitter and choices. */
export function randomFraction(random: Random): number {
  const [a, b, c, d, e, f] = random.bytes(6) as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return (a * 2 ** 40 + b * 2 ** 32 + c * 2 ** 24 + d * 2 ** 16 + e * 2 ** 8 + f) / 2 ** 48
}
