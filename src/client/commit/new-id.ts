/** A new random id, hex. */
import { toHex } from '../../base/bytes.ts'
import type { Random } from '../../base/random.ts'

export function newId(random: Random): string {
  return toHex(random.bytes(16))
}
