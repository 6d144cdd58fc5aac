import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import type { Engine } from '../engine/engine.ts'
import { contentAt } from '../engine/engine.ts'
import type { LocalHandle } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { Slot, SlotPool } from '../engine/slot-pool.ts'
import { openRun } from './open-span.ts'
import type { ChunkRun } from './open-span.ts'
import { chunksOf } from './places.ts'
import type { PlacedChunk } from './places.ts'
import type { RunParts } from './recover.ts'

/** The bytes of a content from `from` up to, not including, `to`. */
export interface ByteRange {
  readonly from: number
  readonly to: number
}

export interface ReadParts extends RunParts {
  readonly slots: SlotPool
}

/** Opened bytes: valid until `write` resolves. */
export type Sink = (piece: {
  readonly bytes: Uint8Array
  readonly position: number
}) => Promise<void>

interface Opened {
  readonly run: ChunkRun
  readonly slot: Slot
  readonly at: readonly number[]
}

/** Gives all of the range to the sink, in order, reading ahead within the slots. */
export async function streamVersion(
  parts: ReadParts,
  entry: IndexEntry,
  options: { readonly range: ByteRange; readonly sink: Sink },
): Promise<void> {
  const { range, sink } = options
  let position = range.from
  await eachRun(parts, { entry, range }, async (opened) => {
    for (const [at, chunk] of opened.run.chunks.entries()) {
      const piece = clip(chunk, range)
      assert(piece.from === position, 'chunks are given in order')
      const start = opened.at[at]! + contentAt + piece.from - chunk.position
      const bytes = parts.engine.memory.subarray(start, start + piece.to - piece.from)
      await sink({ bytes, position: piece.from })
      position = piece.to
    }
  })
  assert(position >= Math.min(range.to, entry.bytes), 'a range is given to its end')
}

/** Writes a whole version into an open file, each part at its place. */
export async function writeVersion(
  parts: ReadParts,
  entry: IndexEntry,
  options: { readonly handle: LocalHandle; readonly progress: (bytes: number) => void },
): Promise<void> {
  const { handle, progress } = options
  await eachRun(parts, { entry, range: { from: 0, to: entry.bytes } }, async (opened) => {
    await writeRun(parts.engine, opened, handle)
    for (const { plainBytes } of opened.run.chunks) progress(plainBytes)
  })
}

/** One run after the other, in order. Whatever fails, no slot is kept and nothing is under way afterwards. */
async function eachRun(
  parts: ReadParts,
  wanted: { readonly entry: IndexEntry; readonly range: ByteRange },
  use: (opened: Opened) => Promise<void>,
): Promise<void> {
  const ahead = new ReadAhead(parts)
  try {
    for await (const opened of ahead.runs(wanted.entry, wanted.range)) {
      try {
        await use(opened)
      } finally {
        parts.slots.giveBack(opened.slot)
      }
    }
  } finally {
    await ahead.end()
  }
}

async function writeRun(engine: Engine, opened: Opened, handle: LocalHandle): Promise<void> {
  const spans = opened.run.chunks.map((chunk, at) => ({
    at: opened.at[at]! + contentAt,
    length: chunk.plainBytes,
    position: chunk.position,
  }))
  await engine.write({ handle, spans })
}

function clip(chunk: PlacedChunk, range: ByteRange): ByteRange {
  return {
    from: Math.max(chunk.position, range.from),
    to: Math.min(chunk.position + chunk.plainBytes, range.to),
  }
}

/** Runs of one version in order, the next ones under way while one is used. */
class ReadAhead {
  readonly #parts: ReadParts
  readonly #waiting: Promise<Opened>[] = []
  #bytes = 0

  constructor(parts: ReadParts) {
    this.#parts = parts
  }

  /** The taker gives back each slot. */
  async *runs(entry: IndexEntry, range: ByteRange): AsyncGenerator<Opened> {
    for await (const run of sequentialRuns(this.#chunks(entry, range))) {
      while (this.#bytes + run.length > limits.readAheadBytesMax && this.#waiting.length > 0) {
        yield await this.#next()
      }
      this.#begin(run)
    }
    while (this.#waiting.length > 0) yield await this.#next()
  }

  /** Waits for what is under way and gives its slots back. */
  async end(): Promise<void> {
    const rest = await Promise.allSettled(this.#waiting.splice(0))
    for (const result of rest) {
      if (result.status === 'fulfilled') this.#parts.slots.giveBack(result.value.slot)
    }
  }

  async *#chunks(entry: IndexEntry, range: ByteRange): AsyncGenerator<PlacedChunk> {
    for await (const chunk of chunksOf(this.#parts, entry, { from: range.from })) {
      if (chunk.position >= range.to) return
      yield chunk
    }
  }

  #begin(run: ChunkRun): void {
    this.#bytes += run.length
    const opened = this.#open(run)
    opened.catch(() => {})
    this.#waiting.push(opened)
  }

  async #next(): Promise<Opened> {
    const opened = await this.#waiting.shift()!
    this.#bytes -= opened.run.length
    return opened
  }

  async #open(run: ChunkRun): Promise<Opened> {
    const { slots } = this.#parts
    const slot = await slots.take(run.length)
    try {
      const spans = await openRun(this.#parts, run, slot.at)
      return { run, slot, at: spans.map(({ at }) => at) }
    } catch (error) {
      slots.giveBack(slot)
      throw error
    }
  }
}

/** Joins chunks that follow one another in content and in one pack. */
export async function* sequentialRuns(
  chunks: AsyncIterable<PlacedChunk>,
): AsyncGenerator<ChunkRun> {
  let run: PlacedChunk[] = []
  for await (const chunk of chunks) {
    const last = run.at(-1)
    const follows =
      last !== undefined &&
      last.pack.pack === chunk.pack.pack &&
      last.offset + last.length === chunk.offset &&
      chunk.offset + chunk.length - run[0]!.offset <= limits.runBytesMax
    if (!follows && run.length > 0) {
      yield joined(run)
      run = []
    }
    run.push(chunk)
  }
  if (run.length > 0) yield joined(run)
}

function joined(chunks: readonly PlacedChunk[]): ChunkRun {
  const offset = chunks[0]!.offset
  const last = chunks.at(-1)!
  return { pack: chunks[0]!.pack, chunks, offset, length: last.offset + last.length - offset }
}
