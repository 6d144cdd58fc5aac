import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorJson } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { WriteFile } from '../engine/engine.ts'
import type { Slot } from '../engine/slot-pool.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { recover, runsOf, spanOf } from './open-span.ts'
import type { ChunkRun } from './open-span.ts'
import { lookUp } from './places.ts'
import type { PlacedChunk } from './places.ts'
import type { ReadParts } from './read-version.ts'

/** A file of at most one chunk, and where it goes. */
export interface SmallTarget {
  readonly entry: IndexEntry
  readonly temporary: Uint8Array
  readonly path: Uint8Array
  readonly sync: boolean
}

export type SmallOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

/** Fetches and writes many small files; an outcome for each, in order. */
export async function getSmallFiles(
  parts: ReadParts,
  targets: readonly SmallTarget[],
): Promise<SmallOutcome[]> {
  const outcomes: SmallOutcome[] = targets.map(() => ({ kind: 'written' }))
  const empty = targets.flatMap((target, at) => (target.entry.chunkCount === 0 ? [at] : []))
  const full = targets.flatMap((target, at) => (target.entry.chunkCount === 0 ? [] : [at]))
  const work = [writeFiles(parts, { targets, positions: empty, outcomes, spans: new Map() })]
  for (let from = 0; from < full.length; from += limits.lookupVersionsMax) {
    const positions = full.slice(from, from + limits.lookupVersionsMax)
    work.push(getSlice(parts, { targets, positions, outcomes }))
  }
  await Promise.all(work)
  return outcomes
}

interface Slice {
  readonly targets: readonly SmallTarget[]
  /** Which of them. */
  readonly positions: readonly number[]
  readonly outcomes: SmallOutcome[]
}

async function getSlice(parts: ReadParts, slice: Slice): Promise<void> {
  const wanted = slice.positions.map((at) => ({ entry: slice.targets[at]!.entry, from: 0 }))
  const { chunks } = await lookUp(parts, wanted)
  const byChunk = new Map<PlacedChunk, number>()
  for (const at of slice.positions) {
    const [chunk] = chunks.get(slice.targets[at]!.entry.version) ?? []
    if (chunk) byChunk.set(chunk, at)
    else slice.outcomes[at] = { kind: 'failed', error: purged() }
  }
  const runs = runsOf([...byChunk.keys()], limits.runBytesMax)
  await Promise.all(runs.map((run) => getRun(parts, { ...slice, byChunk, run })))
}

async function getRun(
  parts: ReadParts,
  slice: Slice & { readonly run: ChunkRun; readonly byChunk: ReadonlyMap<PlacedChunk, number> },
): Promise<void> {
  const { run, byChunk, outcomes } = slice
  const slot = await parts.slots.take(run.length)
  const positions = run.chunks.map((chunk) => byChunk.get(chunk)!)
  try {
    const { offset, length } = run
    await parts.reader.read(run.pack, { offset, length, at: slot.at })
    const spans = spansOf(run, slot, positions)
    await writeFiles(parts, { ...slice, positions, spans })
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    for (const at of positions) outcomes[at] = { kind: 'failed', error: errorToJson(error) }
  } finally {
    parts.slots.giveBack(slot)
  }
}

interface SpanOfFile {
  readonly chunk: PlacedChunk
  readonly span: ReturnType<typeof spanOf>
}

function spansOf(run: ChunkRun, slot: Slot, positions: readonly number[]): Map<number, SpanOfFile> {
  return new Map(
    run.chunks.map((chunk, at) => [positions[at]!, { chunk, span: spanOf(run, chunk, slot.at) }]),
  )
}

async function writeFiles(
  parts: ReadParts,
  slice: Slice & { readonly spans: ReadonlyMap<number, SpanOfFile> },
): Promise<void> {
  const { targets, positions, outcomes, spans } = slice
  if (positions.length === 0) return
  const files = positions.map((at) => fileOf(targets[at]!, spans.get(at)?.span))
  const written = await parts.engine.writeBatch({ vault: parts.vault.vault, files })
  for (const [n, outcome] of written.files.entries()) {
    const at = positions[n]!
    if (outcome.kind === 'sealed-wrong') {
      await again(parts, { target: targets[at]!, spanned: spans.get(at)!, outcomes, at })
    } else outcomes[at] = outcome
  }
}

function fileOf(target: SmallTarget, span: WriteFile['chunks'][number] | undefined): WriteFile {
  const { entry, temporary, path, sync } = target
  return {
    temporary,
    path,
    mode: entry.mode,
    modified: entry.modified,
    sync,
    chunks: span ? [span] : [],
  }
}

/** Reads one chunk afresh, from whichever shards give the right bytes, and writes its file. */
async function again(
  parts: ReadParts,
  file: {
    readonly target: SmallTarget
    readonly spanned: SpanOfFile
    readonly outcomes: SmallOutcome[]
    readonly at: number
  },
): Promise<void> {
  const { target, spanned, outcomes, at } = file
  const { chunk, span } = spanned
  try {
    await recover({ ...parts, vault: parts.vault.vault }, chunk, span)
    const { files } = await parts.engine.writeBatch({
      vault: parts.vault.vault,
      files: [fileOf(target, { ...span, isOpen: true })],
    })
    const [outcome] = files
    if (outcome !== undefined && outcome.kind !== 'sealed-wrong') outcomes[at] = outcome
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    outcomes[at] = { kind: 'failed', error: errorToJson(error) }
  }
}

function purged(): ErrorJson {
  return errorToJson(new HoldfastError('NOT_FOUND', 'Cannot read a file: its version was purged'))
}
