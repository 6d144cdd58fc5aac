import { randomFillSync } from 'node:crypto'
import type { Random } from '../random.ts'

const poolBytes = 8192
const pooledBytesMax = 64
const pool = new Uint8Array(poolBytes)
let used = poolBytes

/**
 * Unpredictable bytes of the operating system's generator. Ids and nonces are drawn by the thousand and
 * come from a pool: asking for each costs ten times as much. What was given out is erased from it.
 */
export const systemRandom: Random = Object.freeze({
  bytes(count: number): Uint8Array {
    if (count > pooledBytesMax) return randomFillSync(new Uint8Array(count))
    if (used + count > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    const given = pool.slice(used, used + count)
    pool.fill(0, used, used + count)
    used += count
    return given
  },
})
