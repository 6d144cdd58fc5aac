import { assert } from '../base/assert.ts'
import { fromHex } from '../base/bytes.ts'
import { idBytes } from './sized.ts'

/** The 16 bytes of an id that was checked before. */
export function idToBytes(id: string): Uint8Array {
  const bytes = fromHex(id)
  assert(bytes?.length === idBytes, 'an id is 16 bytes of hex')
  return bytes
}
