/** Ids between the interface (lower-case hex) and rows (bytes). */
import { HoldfastError } from '../base/errors.ts'

/** 16 bytes as lower-case hex. */
export type Id = string

/** Bytes in rows: never a view into something larger. */
export type Blob = Uint8Array

const idBytes = 16

/** The 16 bytes of an id. Throws MALFORMED when it is none. */
export function idToBlob(id: Id): Blob {
  if (id.length !== idBytes * 2 || !/^[0-9a-f]+$/.test(id)) {
    throw new HoldfastError('MALFORMED', `Cannot read the id "${id}": 32 lower-case hex digits`)
  }
  return Uint8Array.fromHex(id)
}

export function blobToId(bytes: Blob): Id {
  return bytes.toHex()
}

/** Blobs of `bytesEach` bytes that stand one after the other. Throws MALFORMED. Views, no copies. */
export function splitBlobs(together: Blob, bytesEach: number): Blob[] {
  if (together.length % bytesEach !== 0) {
    throw new HoldfastError(
      'MALFORMED',
      `Cannot split ${together.length} bytes into pieces of ${bytesEach}`,
    )
  }
  const parts: Blob[] = []
  for (let at = 0; at < together.length; at += bytesEach) {
    parts.push(together.subarray(at, at + bytesEach))
  }
  return parts
}
