import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { FinishedPages, PageList } from '../commit/page-list.ts'
import { createPageList } from '../commit/page-list.ts'
import type { CutChunk, EngineSource, SourceEnd, SourceHandle } from '../engine/engine.ts'
import type { LocalStat } from '../engine/local-files.ts'
import type { PutWork } from './put-work.ts'
import { WindowSlot } from './window-slots.ts'

export interface ReadFile {
  readonly kind: 'read'
  readonly stat: LocalStat | undefined
  readonly end: SourceEnd
  readonly pages: FinishedPages
  /** Plaintext bytes of chunks that the vault lacked. */
  readonly newBytes: number
}

/** A file that did not hold still is `changed`: nothing of it is to be committed. */
export type LargeFile = ReadFile | { readonly kind: 'changed' }

export interface LargeSource {
  readonly source: EngineSource
  /** Hex. */
  readonly version: string
  /** Size as far as known: what the window is made for. */
  readonly bytesExpected: number | undefined
  /** Hex ids of chunks that are to be sent even when the coordinator says they are known. */
  readonly resend: ReadonlySet<string>
  readonly progress: (bytes: number) => void
}

/** Reads, cuts and stores one file; resolves when all its chunks are registered. */
export async function storeLargeFile(work: PutWork, wanted: LargeSource): Promise<LargeFile> {
  const { engine } = work
  const handle = await engine.openSource(wanted.source)
  try {
    return await new LargeFileWork(work, wanted, handle).run()
  } finally {
    await engine.closeSource(handle)
  }
}

class LargeFileWork {
  readonly #work: PutWork
  readonly #wanted: LargeSource
  readonly #handle: SourceHandle
  readonly #pages: PageList
  readonly #stored: Promise<void>[] = []
  #newBytes = 0
  #chunks = 0

  constructor(work: PutWork, wanted: LargeSource, handle: SourceHandle) {
    this.#work = work
    this.#wanted = wanted
    this.#handle = handle
    this.#pages = createPageList(work.session, { vault: work.vault, version: wanted.version })
  }

  async run(): Promise<LargeFile> {
    const end = await this.#readAll()
    if (!end.unchanged) return { kind: 'changed' }
    this.#pages.finish()
    await this.#allStored()
    await this.#stageRest()
    return {
      kind: 'read',
      stat: this.#handle.stat,
      end,
      pages: this.#pages.finished(),
      newBytes: this.#newBytes,
    }
  }

  async #readAll(): Promise<SourceEnd> {
    const { engine, windows } = this.#work
    let carried: WindowSlot | undefined
    let carry: { at: number; length: number } | undefined
    try {
      for (;;) {
        this.#work.options.signal?.throwIfAborted()
        const window = await windows.take(this.#wanted.bytesExpected)
        const result = await engine
          .window({ source: this.#handle.source, slot: window.slot, carry })
          .catch((error: unknown) => {
            window.release()
            throw error
          })
        carried?.release()
        carried = window
        carry = result.carry
        await this.#takeChunks(window, result.chunks)
        if (result.end) return result.end
        await this.#work.packer.ready()
        await this.#stageSome()
      }
    } finally {
      carried?.release()
    }
  }

  /** Asks which are known, lets them go, gives the others to the packer. */
  async #takeChunks(window: WindowSlot, chunks: readonly CutChunk[]): Promise<void> {
    if (chunks.length === 0) return
    const known = await this.#work.chunks.known(chunks, this.#wanted.resend)
    for (const [at, chunk] of chunks.entries()) {
      this.#pages.add({ id: chunk.id, plainBytes: chunk.length })
      this.#chunks += 1
      this.#wanted.progress(chunk.length)
      if (known[at] !== true) this.#store(window, chunk)
    }
  }

  #store(window: WindowSlot, chunk: CutChunk): void {
    const { stored, isNew } = this.#work.chunks.store(chunk, window)
    if (isNew) this.#newBytes += chunk.length
    stored.catch(() => {})
    this.#stored.push(stored)
  }

  async #allStored(): Promise<void> {
    this.#work.packer.flush()
    await Promise.all(this.#stored)
    this.#stored.length = 0
  }

  /** Long lists go to the coordinator page by page, behind the chunks they name. */
  async #stageSome(): Promise<void> {
    if (this.#pages.heldBytes < limits.pageBytesHeldMax) return
    await this.#allStored()
    await this.#stageRest()
  }

  async #stageRest(): Promise<void> {
    if (this.#chunks <= limits.inlinePagesMax * limits.pageChunksMax) return
    await this.#work.upload.open()
    const outcome = await this.#pages.stage({
      upload: this.#work.upload.id,
      registeredChunks: this.#chunks,
      signal: this.#work.options.signal,
    })
    if (outcome.kind === 'staged') return
    throw new HoldfastError(
      'CHUNKS_MISSING',
      'Cannot list the chunks of a file: some were collected meanwhile',
      { hint: 'Run the command again' },
    )
  }
}
