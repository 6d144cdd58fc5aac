import { randomBytes } from 'node:crypto'
import type { Random } from '../random.ts'

export const systemRandom: Random = Object.freeze({
  bytes(count: number): Uint8Array {
    return new Uint8Array(randomBytes(count))
  },
})
