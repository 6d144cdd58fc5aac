import type { CutChunk, Engine } from '../../src/client/engine/engine.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { chunkId } from '../../src/core/chunk.ts'
import type { VaultKeys } from '../../src/core/vault-keys.ts'
import { Keystream } from '../content/keystream.ts'

const chunkBytes = 1024 * 1024

/** Chunks of 1 MiB of random content in a new slot of the engine. */
export async function fillChunks(
  engine: Engine,
  { keys, count }: { readonly keys: VaultKeys; readonly count: number },
): Promise<CutChunk[]> {
  const primitives = createNativePrimitives()
  const slot = await engine.slots.take(count * chunkBytes)
  const content = new Keystream('chunks')
  return Array.from({ length: count }, (_, position) => {
    const at = slot.at + position * chunkBytes
    const bytes = engine.memory.subarray(at, at + chunkBytes)
    bytes.set(content.next(chunkBytes))
    return { at, length: chunkBytes, id: chunkId(primitives, keys, bytes) }
  })
}
