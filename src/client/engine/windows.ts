/** A source that is read window by window, and what is done with each window, on two threads where there are two. */
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import { Cutter } from '../../core/cutting.ts'
import { chunkId } from '../../core/chunk.ts'
import type { ContentDigests, DigestAlgorithm } from './digests.ts'
import type { CoreParts, CoreVault } from './engine-core.ts'
import type { CutChunk, EngineSource, SourceEnd, Span, WindowJob, WindowResult } from './engine.ts'
import { unchanged } from './local-files.ts'
import type { LocalHandle, LocalStat } from './local-files.ts'

const readBytes = 1024 * 1024

export interface ReadWindow {
  readonly chunks: readonly CutChunk[]
  readonly carry: Span | undefined
  /** What was read: is to be hashed. */
  readonly read: PartOfContent
  readonly end: Omit<SourceEnd, keyof ContentDigests> | undefined
}

export interface PartOfContent extends Span {
  /** Bytes of the content before it. */
  readonly position: number
}

/** The next bytes of a content. */
export interface HashJob extends PartOfContent {
  /** Of the content. */
  readonly hash: number
  readonly digests: readonly DigestAlgorithm[] | undefined
  /** Nothing comes behind them: gives the digests. */
  readonly last: boolean
}

export interface WindowSteps {
  read(job: WindowJob): Promise<ReadWindow>
  /** In the order of the calls. */
  hash(job: Omit<HashJob, 'hash' | 'digests'>): Promise<ContentDigests | undefined>
}

export async function window(steps: WindowSteps, job: WindowJob): Promise<WindowResult> {
  const { chunks, carry, read, end } = await steps.read(job)
  const hashing = steps.hash({ ...read, last: end !== undefined })
  // Met at the end: what comes behind a part that was not hashed is not hashed either.
  hashing.catch(() => {})
  if (!end) return { chunks, carry, hashed: hashing, end }
  return { chunks, carry, hashed: hashing, end: { ...end, ...(await hashing)! } }
}

/** One file, or standard input, that is being read window by window. */
export class Source {
  readonly stat: LocalStat | undefined
  readonly #parts: CoreParts
  readonly #vault: CoreVault
  readonly #handle: LocalHandle
  readonly #owned: boolean
  readonly #cutter: Cutter
  #position = 0

  constructor(parts: CoreParts, vault: CoreVault, source: EngineSource) {
    this.#parts = parts
    this.#vault = vault
    this.#owned = source.kind === 'path'
    this.#handle = source.kind === 'path' ? parts.files.openToRead(source.path) : source.handle
    this.stat = source.kind === 'path' ? parts.files.stat(this.#handle) : undefined
    this.#cutter = new Cutter(parts.kernels, vault.keys.cutKey)
  }

  window(job: WindowJob): ReadWindow {
    const { memory } = this.#parts
    const { slot, carry } = job
    let filled = 0
    if (carry) {
      memory.copyWithin(slot.at, carry.at, carry.at + carry.length)
      filled = carry.length
    }
    const chunks: CutChunk[] = []
    const fresh = slot.at + filled
    const position = this.#position
    let from = 0
    let ended = false
    while (!ended && filled < slot.bytes) {
      const read = this.#read(slot.at + filled, Math.min(readBytes, slot.bytes - filled))
      ended = read === 0
      filled += read
      from = this.#cut(chunks, { at: slot.at + from, length: filled - from }, ended) - slot.at
    }
    const rest = filled - from
    return {
      chunks,
      carry: rest > 0 ? { at: slot.at + from, length: rest } : undefined,
      read: { at: fresh, length: slot.at + filled - fresh, position },
      end: ended ? this.#end() : undefined,
    }
  }

  close(): void {
    if (this.#owned) this.#parts.files.close(this.#handle)
  }

  #read(at: number, bytes: number): number {
    const target = this.#parts.memory.subarray(at, at + bytes)
    const position = this.#owned ? this.#position : undefined
    const read = this.#parts.files.read(this.#handle, target, position)
    this.#position += read
    return read
  }

  /** Cuts what can be cut of the span; where the rest begins. */
  #cut(chunks: CutChunk[], span: Span, ended: boolean): number {
    const end = span.at + span.length
    let at = span.at
    for (;;) {
      const length = this.#cutter.next({ at, bytes: end - at, ended })
      if (length === undefined) return at
      const content = this.#parts.memory.subarray(at, at + length)
      const id = chunkId(this.#parts.primitives, this.#vault.keys, content)
      chunks.push({ at, length, id })
      at += length
    }
  }

  #end() {
    const stat = this.#owned ? this.#parts.files.stat(this.#handle) : undefined
    const same =
      this.stat === undefined ||
      (stat !== undefined && unchanged(this.stat, stat) && stat.bytes === this.#position)
    return {
      bytes: this.#position,
      unchanged: same,
    }
  }
}

/** Turns what a local file refused with into a value. */
export function failure(error: unknown): {
  readonly kind: 'failed'
  readonly error: ReturnType<typeof errorToJson>
} {
  if (!(error instanceof HoldfastError)) throw error
  return { kind: 'failed', error: errorToJson(error) }
}
