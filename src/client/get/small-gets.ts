import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorJson } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { WriteFile } from '../engine/engine.ts'
import type { Slot } from '../engine/slot-pool.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { readRun, runsOf, spanOf } from './open-span.ts'
import type { ChunkRun } from './open-span.ts'
import { lookUp, onlyChunk } from './places.ts'
import type { PlacedChunk } from './places.ts'
import { recover } from './recover.ts'
import type { ReadParts } from './read-version.ts'

/** A file or link of at most one chunk, and where it goes. */
export interface SmallTarget {
  readonly entry: IndexEntry
  readonly temporary: Uint8Array
  readonly path: Uint8Array
  readonly sync: boolean
}

export type SmallOutcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly error: ErrorJson }

/** Fetches and writes many small files; an outcome for each, in order. Rejects only for a defect. */
export async function getSmallFiles(
  parts: ReadParts,
  targets: readonly SmallTarget[],
): Promise<SmallOutcome[]> {
  return await new SmallGets(parts, targets).run()
}

interface SpanOfFile {
  readonly chunk: PlacedChunk
  readonly span: ReturnType<typeof spanOf>
}

class SmallGets {
  readonly #parts: ReadParts
  readonly #targets: readonly SmallTarget[]
  readonly #outcomes: SmallOutcome[]

  constructor(parts: ReadParts, targets: readonly SmallTarget[]) {
    this.#parts = parts
    this.#targets = targets
    this.#outcomes = targets.map(() => ({ kind: 'written' }))
  }

  async run(): Promise<SmallOutcome[]> {
    const positions = [...this.#targets.keys()]
    const hasContent = (at: number): boolean => this.#targets[at]!.entry.chunkCount > 0
    const full = positions.filter(hasContent)
    const empty = positions.filter((at) => !hasContent(at))
    const work = [this.#guarded(empty, () => this.#write(empty, new Map()))]
    for (let from = 0; from < full.length; from += limits.lookupVersionsMax) {
      const slice = full.slice(from, from + limits.lookupVersionsMax)
      work.push(this.#guarded(slice, () => this.#getSlice(slice)))
    }
    await allSettled(work)
    return this.#outcomes
  }

  async #getSlice(positions: readonly number[]): Promise<void> {
    const wanted = positions.map((at) => ({ entry: this.#targets[at]!.entry, from: 0 }))
    const looked = await lookUp(this.#parts, wanted)
    const byChunk = new Map<PlacedChunk, number>()
    for (const at of positions) {
      await this.#guarded([at], () => {
        byChunk.set(onlyChunk(this.#parts, this.#targets[at]!.entry, looked), at)
      })
    }
    const runs = runsOf([...byChunk.keys()], limits.runBytesMax)
    await allSettled(
      runs.map((run) => {
        const ofRun = run.chunks.map((chunk) => byChunk.get(chunk)!)
        return this.#guarded(ofRun, () => this.#getRun(run, ofRun))
      }),
    )
  }

  async #getRun(wanted: ChunkRun, positions: readonly number[]): Promise<void> {
    const { slots } = this.#parts
    const slot = await slots.take(wanted.length)
    try {
      const run = await readRun(this.#parts, wanted, slot.at)
      await this.#write(positions, spansOf(run, slot, positions))
    } finally {
      slots.giveBack(slot)
    }
  }

  async #write(
    positions: readonly number[],
    spans: ReadonlyMap<number, SpanOfFile>,
  ): Promise<void> {
    if (positions.length === 0) return
    const files = positions.map((at) => fileOf(this.#targets[at]!, spans.get(at)?.span))
    const { vault } = this.#parts.vault
    const written = await this.#parts.engine.writeBatch({ vault, files })
    for (const [n, outcome] of written.files.entries()) {
      const at = positions[n]!
      if (outcome.kind === 'sealed-wrong') {
        await this.#guarded([at], () => this.#again(at, spans.get(at)!))
      } else this.#outcomes[at] = outcome
    }
  }

  /** Reads one chunk afresh, from whichever shards give the right bytes, and writes its file. */
  async #again(at: number, { chunk, span }: SpanOfFile): Promise<void> {
    const { vault } = this.#parts.vault
    await recover(this.#parts, chunk, span)
    const file = fileOf(this.#targets[at]!, { ...span, isOpen: true })
    const [outcome] = (await this.#parts.engine.writeBatch({ vault, files: [file] })).files
    if (outcome !== undefined && outcome.kind !== 'sealed-wrong') this.#outcomes[at] = outcome
  }

  /** A failure is the outcome of these files. */
  async #guarded(positions: readonly number[], work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#fail(positions, error)
    }
  }

  #fail(positions: readonly number[], error: HoldfastError): void {
    for (const at of positions) this.#outcomes[at] = { kind: 'failed', error: errorToJson(error) }
  }
}

/** As Promise.all, but nothing is under way any more when it rejects. */
async function allSettled(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work)
  await Promise.all(work)
}

function spansOf(run: ChunkRun, slot: Slot, positions: readonly number[]): Map<number, SpanOfFile> {
  return new Map(
    run.chunks.map((chunk, at) => [positions[at]!, { chunk, span: spanOf(run, chunk, slot.at) }]),
  )
}

function fileOf(target: SmallTarget, span: WriteFile['chunks'][number] | undefined): WriteFile {
  const { entry, temporary, path, sync } = target
  return {
    kind: entry.kind === 'link' ? 'link' : 'file',
    temporary,
    path,
    mode: entry.mode,
    modified: entry.modified,
    sync,
    chunks: span ? [span] : [],
  }
}
