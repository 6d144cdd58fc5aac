/** Reading a run of chunks that lie in one pack, and making sure that each is what it should be. */
import { HoldfastError } from '../../base/errors.ts'
import type { Engine, SealedSpan } from '../engine/engine.ts'
import type { PackReader } from './pack-reader.ts'
import type { PackPlaces, PlacedChunk } from './places.ts'

/** Chunks of one pack, in order of their offset, read together. */
export interface ChunkRun {
  readonly pack: PackPlaces
  readonly chunks: readonly PlacedChunk[]
  readonly offset: number
  readonly length: number
}

export interface RunParts {
  readonly engine: Engine
  readonly reader: PackReader
  /** Hex. */
  readonly vault: string
  /** Told of shards whose bytes were wrong. */
  readonly suspect: (pack: PackPlaces, index: number) => void
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

/** Reads the run to `at` and opens it in place; every chunk is right when it resolves. CORRUPT, LOST, TOO_FEW_NODES. */
export async function openRun(
  parts: RunParts,
  run: ChunkRun,
  at: number,
): Promise<readonly SealedSpan[]> {
  const { offset, length } = run
  await parts.reader.read(run.pack, { offset, length, at })
  const spans = run.chunks.map((chunk) => spanOf(run, chunk, at))
  const { opened } = await parts.engine.open({ vault: parts.vault, chunks: distinct(spans) })
  const byPlace = new Map(distinct(spans).map((span, position) => [span.at, opened[position]]))
  for (const [position, span] of spans.entries()) {
    if (byPlace.get(span.at) === true) continue
    await recover(parts, run.chunks[position]!, span)
    byPlace.set(span.at, true)
  }
  return spans
}

/** A content that several files share is opened once. */
function distinct(spans: readonly SealedSpan[]): SealedSpan[] {
  return [...new Map(spans.map((span) => [span.at, span])).values()]
}

/** Some shard gave wrong bytes: tries every choice of k shards until the chunk opens. */
export async function recover(
  parts: RunParts,
  chunk: PlacedChunk,
  span: SealedSpan,
): Promise<void> {
  const { pack, offset, length } = chunk
  const reachable = parts.reader.reachable(pack)
  for (const use of choices(reachable, pack.k)) {
    try {
      await parts.reader.readFrom(pack, { offset, length, at: span.at }, use)
    } catch (error) {
      if (error instanceof HoldfastError) continue
      throw error
    }
    const { opened } = await parts.engine.open({ vault: parts.vault, chunks: [span] })
    if (opened[0] === true) {
      for (const index of reachable) if (!use.includes(index)) parts.suspect(pack, index)
      return
    }
  }
  throw new HoldfastError(
    'CORRUPT',
    `Cannot read a part: no ${pack.k} of the ${reachable.length} shards that answer give the bytes that were sealed`,
    { details: { pack: pack.pack, reachable: reachable.length } },
  )
}

/** Every choice of `count` of the items, at most so many. */
export function* choices(items: readonly number[], count: number): Generator<number[]> {
  if (count === 0) yield []
  else {
    for (let at = 0; at + count <= items.length; at += 1) {
      for (const rest of choices(items.slice(at + 1), count - 1)) yield [items[at]!, ...rest]
    }
  }
}
