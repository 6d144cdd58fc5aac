import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { contentAt } from '../engine/engine.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { openRun, runsOf } from './open-span.ts'
import type { ChunkRun } from './open-span.ts'
import { lookUp, onlyChunk } from './places.ts'
import type { PlacedChunk } from './places.ts'
import type { ReadParts } from './read-version.ts'

/** By version id: those that could be read. */
export type Contents = ReadonlyMap<string, Uint8Array>

/** The contents of entries that have one chunk, such as targets of links. What cannot be read now is left out. */
export async function readContents(
  parts: ReadParts,
  entries: readonly IndexEntry[],
): Promise<Contents> {
  const contents = new Map<string, Uint8Array>()
  for (let from = 0; from < entries.length; from += limits.lookupVersionsMax) {
    const slice = entries.slice(from, from + limits.lookupVersionsMax)
    for (const run of await runsTo(parts, slice)) {
      await leavingOut(parts, () => readRunInto(parts, run, contents))
    }
  }
  return contents
}

async function runsTo(parts: ReadParts, entries: readonly IndexEntry[]): Promise<ChunkRun[]> {
  const wanted = entries.map((entry) => ({ entry, from: 0 }))
  const looked = await lookUp(parts, wanted)
  const chunks: PlacedChunk[] = []
  for (const entry of entries) {
    await leavingOut(parts, () => void chunks.push(onlyChunk(parts, entry, looked)))
  }
  return runsOf(chunks, limits.runBytesMax)
}

async function readRunInto(
  parts: ReadParts,
  run: ChunkRun,
  contents: Map<string, Uint8Array>,
): Promise<void> {
  const { slots, engine } = parts
  const slot = await slots.take(run.length)
  try {
    const spans = await openRun(parts, run, slot.at)
    for (const [n, { version, plainBytes }] of run.chunks.entries()) {
      const at = spans[n]!.at + contentAt
      contents.set(version, engine.memory.slice(at, at + plainBytes))
    }
  } finally {
    slots.giveBack(slot)
  }
}

/** Passes over what fails, unless the whole is given up. */
async function leavingOut(parts: ReadParts, work: () => Promise<void> | void): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof HoldfastError) || parts.signal?.aborted) throw error
  }
}
