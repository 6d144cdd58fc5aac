import type { Blob } from '../../../catalogue/ids.ts'
import type { NewChunk } from '../../../catalogue/rows/packs.ts'

export function ids(chunks: readonly NewChunk[]): Blob[] {
  return chunks.map((chunk) => chunk.id)
}

/** Ids of 32 bytes each, together. */
export function joined(parts: readonly Blob[]): Blob {
  const together = new Uint8Array(parts.length * 32)
  parts.forEach((id, at) => together.set(id, at * 32))
  return together
}
