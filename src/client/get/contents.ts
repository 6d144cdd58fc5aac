import { concatBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { streamVersion } from './read-version.ts'
import type { ReadParts } from './read-version.ts'

/** The whole contents of small entries, in order; undefined where one cannot be read now. */
export async function readContents(
  parts: ReadParts,
  entries: readonly IndexEntry[],
): Promise<(Uint8Array | undefined)[]> {
  const contents = Array.from<Uint8Array | undefined>({ length: entries.length })
  const left = entries.entries()
  const lane = async (): Promise<void> => {
    for (const [at, entry] of left) contents[at] = await contentOf(parts, entry)
  }
  const lanes = Array.from({ length: limits.contentReadsMax }, lane)
  // Nothing may be under way any more when it rejects.
  await Promise.allSettled(lanes)
  await Promise.all(lanes)
  return contents
}

async function contentOf(parts: ReadParts, entry: IndexEntry): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  const range = { from: 0, to: entry.bytes }
  const sink = async ({ bytes }: { readonly bytes: Uint8Array }): Promise<void> => {
    pieces.push(bytes.slice())
  }
  try {
    await streamVersion(parts, entry, { range, sink })
    return concatBytes(pieces)
  } catch (error) {
    if (!(error instanceof HoldfastError) || parts.signal?.aborted) throw error
    return undefined
  }
}
