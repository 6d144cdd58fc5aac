/** Reading a run of chunks that lie in one pack, and making sure that each is what it should be. */
import type { SealedSpan } from '../engine/engine.ts'
import { hasCode } from '../../base/errors.ts'
import { placesNow } from './places.ts'
import type { PackPlaces, PlacedChunk } from './places.ts'
import { recover } from './recover.ts'
import type { RunParts } from './recover.ts'

/** Chunks of one pack, in order of their offset, read together. */
export interface ChunkRun {
  readonly pack: PackPlaces
  readonly chunks: readonly PlacedChunk[]
  readonly offset: number
  readonly length: number
}

/** How far apart chunks may lie and still be read together. */
const gapBytesMax = 64 * 1024

/** Puts chunks that lie together in one pack into runs of at most `bytesMax`. */
export function runsOf(chunks: readonly PlacedChunk[], bytesMax: number): ChunkRun[] {
  const byPack = Map.groupBy(chunks, ({ pack }) => pack.pack)
  return [...byPack.values()].flatMap((list) => runsInPack(list, bytesMax))
}

function runsInPack(chunks: readonly PlacedChunk[], bytesMax: number): ChunkRun[] {
  const sorted = chunks.toSorted((left, right) => left.offset - right.offset)
  const runs: ChunkRun[] = []
  let run: PlacedChunk[] = []
  for (const chunk of sorted) {
    const [first, last] = [run[0], run.at(-1)]
    const fits =
      first !== undefined &&
      last !== undefined &&
      chunk.offset - (last.offset + last.length) <= gapBytesMax &&
      chunk.offset + chunk.length - first.offset <= bytesMax
    if (!fits && run.length > 0) {
      runs.push(runOf(run))
      run = []
    }
    run.push(chunk)
  }
  if (run.length > 0) runs.push(runOf(run))
  return runs
}

function runOf(chunks: readonly PlacedChunk[]): ChunkRun {
  const offset = chunks[0]!.offset
  const end = Math.max(...chunks.map((chunk) => chunk.offset + chunk.length))
  return { pack: chunks[0]!.pack, chunks, offset, length: end - offset }
}

/** Where a chunk of the run lies when the run was read to `at`. */
export function spanOf(run: ChunkRun, chunk: PlacedChunk, at: number): SealedSpan {
  const { id, generation, plainBytes, length } = chunk
  return { at: at + chunk.offset - run.offset, length, id, generation, plainBytes }
}

/**
 * Reads the run to `at`. When its shards are not where they were, their places are looked up once more, and
 * given back with the run. LOST, TOO_FEW_NODES.
 */
export async function readRun(parts: RunParts, run: ChunkRun, at: number): Promise<ChunkRun> {
  const { offset, length, pack, chunks } = run
  try {
    await parts.reader.read(pack, { offset, length, at })
    return run
  } catch (error) {
    if (!hasCode(error, 'LOST') && !hasCode(error, 'TOO_FEW_NODES')) throw error
    const now = await placesNow(parts, chunks[0]!)
    if (now === undefined || samePlaces(now, pack)) throw error
    await parts.reader.read(now, { offset, length, at })
    return { ...run, pack: now, chunks: chunks.map((chunk) => ({ ...chunk, pack: now })) }
  }
}

/** Reads the run to `at` and opens it in place; every chunk is right when it resolves. CORRUPT, LOST, TOO_FEW_NODES. */
export async function openRun(
  parts: RunParts,
  wanted: ChunkRun,
  at: number,
): Promise<readonly SealedSpan[]> {
  const run = await readRun(parts, wanted, at)
  const spans = run.chunks.map((chunk) => spanOf(run, chunk, at))
  const { vault } = parts.vault
  const { opened } = await parts.engine.open({ vault, chunks: distinct(spans) })
  const byPlace = new Map(distinct(spans).map((span, position) => [span.at, opened[position]]))
  for (const [position, span] of spans.entries()) {
    if (byPlace.get(span.at) === true) continue
    await recover(parts, run.chunks[position]!, span)
    byPlace.set(span.at, true)
  }
  return spans
}

function samePlaces(left: PackPlaces, right: PackPlaces): boolean {
  return placesText(left) === placesText(right)
}

function placesText({ shards }: PackPlaces): string {
  return shards.map(({ index, node, state }) => `${index} ${node} ${state}`).join()
}

/** A content that several files share is opened once. */
function distinct(spans: readonly SealedSpan[]): SealedSpan[] {
  return [...new Map(spans.map((span) => [span.at, span])).values()]
}
