import { assert } from '../base/assert.ts'
import { fromHex } from '../base/bytes.ts'

/** The 16 bytes of an id that was checked before. */
export function idBytes(id: string): Uint8Array {
  const bytes = fromHex(id)
  assert(bytes?.length === 16, 'an id is 16 bytes of hex')
  return bytes
}
