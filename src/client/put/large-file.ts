import { limits } from '../../base/limits.ts'
import type { FinishedPages, PageList, StageOutcome } from '../commit/page-list.ts'
import { createPageList } from '../commit/page-list.ts'
import type { CutChunk, EngineSource, SourceEnd, SourceHandle } from '../engine/engine.ts'
import type { LocalStat } from '../engine/local-files.ts'
import type { PutWork } from './put-work.ts'
import { SourceWindows } from './source-windows.ts'
import { WindowSlot } from './window-slots.ts'

export interface ReadFile {
  readonly kind: 'read'
  readonly stat: LocalStat | undefined
  readonly end: SourceEnd
  readonly pages: FinishedPages
  /** Plaintext bytes of chunks that the vault lacked. */
  readonly newBytes: number
}

/** What was read, or why nothing of it is to be committed: it did not hold still, or parts are gone. */
export type LargeFile = ReadFile | { readonly kind: 'changed' } | Unstaged

type Unstaged = Exclude<StageOutcome, { kind: 'staged' }>

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
  const { digests } = work.options
  const handle = await engine.openSource({ ...wanted.source, digests })
  try {
    return await new LargeFileWork(work, wanted, handle).run()
  } finally {
    const closed = engine.closeSource(handle)
    // Behind a read of standard input this may never end; there is nothing to close then.
    closed.catch(() => {})
    if (wanted.source.kind === 'path') await closed
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
    if (!('sha256' in end)) return end
    if (!end.unchanged) return { kind: 'changed' }
    this.#pages.finish()
    await this.#allStored()
    const staged = await this.#stageRest()
    if (staged.kind !== 'staged') return staged
    return {
      kind: 'read',
      stat: this.#handle.stat,
      end,
      pages: this.#pages.finished(),
      newBytes: this.#newBytes,
    }
  }

  async #readAll(): Promise<SourceEnd | Unstaged> {
    const { engine, windows, packer, chunks, options } = this.#work
    const parts = {
      engine,
      windows,
      known: (cut: readonly CutChunk[]) => chunks.known(cut, this.#wanted.resend),
      signal: options.signal,
    }
    const source = new SourceWindows(parts, this.#handle, this.#wanted.bytesExpected)
    try {
      for (;;) {
        const { window, result, known } = await source.next()
        this.#takeChunks(window, { chunks: result.chunks, known: await known })
        if (result.end) return result.end
        await packer.ready()
        const staged = await this.#stageSome()
        if (staged.kind !== 'staged') return staged
      }
    } finally {
      await source.end()
    }
  }

  /** Lets known chunks go, gives the others to the packer. */
  #takeChunks(
    window: WindowSlot,
    cut: { readonly chunks: readonly CutChunk[]; readonly known: readonly boolean[] },
  ): void {
    for (const [at, chunk] of cut.chunks.entries()) {
      this.#pages.add({ id: chunk.id, plainBytes: chunk.length })
      this.#chunks += 1
      this.#wanted.progress(chunk.length)
      if (cut.known[at] !== true) this.#store(window, chunk)
    }
  }

  #store(window: WindowSlot, chunk: CutChunk): void {
    const again = this.#wanted.resend.has(chunk.id.toHex())
    const { stored, isNew } = this.#work.chunks.store(chunk, window, { again })
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
  async #stageSome(): Promise<StageOutcome> {
    if (this.#pages.heldBytes < limits.pageBytesHeldMax) return { kind: 'staged' }
    await this.#allStored()
    return await this.#stageRest()
  }

  async #stageRest(): Promise<StageOutcome> {
    if (this.#chunks <= limits.inlinePagesMax * limits.pageChunksMax) return { kind: 'staged' }
    const { options, upload } = this.#work
    await upload.open()
    const { id } = upload
    const outcome = await this.#pages.stage({
      upload: id,
      registeredChunks: this.#chunks,
      ...options,
    })
    if (outcome.kind === 'upload-gone') upload.renew(id)
    return outcome
  }
}
