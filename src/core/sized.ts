import { assert } from '../base/assert.ts'

export const idBytes = 16
export const hashBytes = 32
/** A keyed hash of the content. */
export const chunkIdBytes = hashBytes
export const keyBytes = 32
export const nonceBytes = 12
export const tagBytes = 16
export const signatureBytes = 64

/** `bytes` as they are, asserted to be `count` long: for encoders, whose caller is at fault otherwise. */
export function sized(bytes: Uint8Array, count: number, what: string): Uint8Array {
  assert(bytes.length === count, `${what} has ${count} bytes, not ${bytes.length}`)
  return bytes
}
