import { utf8 } from '../../src/base/bytes.ts'
import { nodeFiles } from '../../src/client/adapters/node-files.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'

const pieceBytes = 1024 * 1024

/** MB/s of reading a local file and hashing it with SHA-256 in this thread. */
export function hashingRate(path: string): number {
  const hash = createNativePrimitives().sha256()
  const piece = new Uint8Array(new SharedArrayBuffer(pieceBytes))
  const handle = nodeFiles.openToRead(utf8(path))
  const startMs = performance.now()
  let position = 0
  for (;;) {
    const read = nodeFiles.read(handle, piece, position)
    if (read === 0) break
    hash.update(piece.subarray(0, read))
    position += read
  }
  hash.digest()
  nodeFiles.close(handle)
  return position / 1000 / (performance.now() - startMs)
}
