/** One put: everything that is walked goes its way, bounded, and the outcome of each is told. */
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { fileTimeNow } from '../commit/file-time.ts'
import { batchFileBytesMax } from '../engine/batches.ts'
import type { BatchItem } from '../engine/engine.ts'
import type { LocalFiles } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import type { Path } from '../tree/path.ts'
import { Bounded } from './bounded.ts'
import type { PutItem, PutOutcome } from './put-item.ts'
import { collectedMeanwhile, resendOf, storeFile, submitFile } from './put-tries.ts'
import type { FileToStore } from './put-tries.ts'
import type { PutWork } from './put-work.ts'
import { isAsBefore, sameStat } from './same-stat.ts'
import { storeSmallFiles } from './small-files.ts'
import type { SmallFile } from './small-files.ts'

type FileItem = Extract<PutItem, { kind: 'file' | 'link' }>
type FolderItem = Extract<PutItem, { kind: 'folder' }>
type InputItem = Extract<PutItem, { kind: 'input' }>
interface SmallItem {
  readonly item: FileItem
  readonly source: BatchItem
}

type StoredSmall = Extract<SmallFile, { kind: 'stored' }>

export interface PutRunOptions {
  /** Compare contents even where size, time and mode are as in the index. */
  readonly checksum: boolean
  readonly files: LocalFiles
  readonly outcome: (outcome: PutOutcome) => void
  /** Bytes of content read on. */
  readonly progress: (bytes: number) => void
}

const modeOfInput = 0o644

export class PutRun {
  readonly #work: PutWork
  readonly #options: PutRunOptions
  readonly #large = new Bounded(limits.largeFilesMax)
  readonly #batches: Bounded
  readonly #commits = new Bounded(limits.commitOperationsMax * 4)
  #small: FileItem[] = []
  #items = 0

  constructor(work: PutWork, options: PutRunOptions) {
    this.#work = work
    this.#options = options
    this.#batches = new Bounded(work.engine.threads + 1)
  }

  /** Resolves when every item has its outcome. Rejects when going on makes no sense. */
  async run(items: Iterable<PutItem>): Promise<void> {
    for (const item of items) {
      this.#work.options.signal?.throwIfAborted()
      this.#items += 1
      await this.#take(item)
    }
    await this.#flushSmall()
    await this.#batches.idle()
    // Files that had grown too large for their batch have joined these.
    await this.#large.idle()
    await this.#commits.idle()
    await this.#work.packer.finish()
  }

  /** Resolves when nothing of it is under way any more, failed or not. */
  async settled(): Promise<void> {
    await this.#batches.settled()
    await this.#commits.settled()
    await this.#large.settled()
  }

  async #take(item: PutItem): Promise<void> {
    if (item.kind === 'refused') {
      this.#options.outcome({ state: item.state, to: item.to, error: item.error })
    } else if (item.kind === 'folder') await this.#takeFolder(item)
    else if (item.kind === 'input') await this.#large.run(() => this.#storeInput(item))
    else await this.#takeFile(item)
  }

  async #takeFolder({ to, stat }: FolderItem): Promise<void> {
    const found = this.#find(to)
    if (found && found.kind === 'folder' && sameStat(found, stat)) return
    const { mode, modified } = stat
    const { committer, options } = this.#work
    const folder = { kind: 'folder', path: to, mode, modified, ifThere: 'update' } as const
    await this.#commits.run(() =>
      this.#guard(to, async () => {
        await committer.submit({ ...folder, signal: options.signal })
      }),
    )
  }

  async #takeFile(item: FileItem): Promise<void> {
    const found = this.#find(item.to)
    if (found && !this.#options.checksum && isAsBefore(found, item.kind, item.stat)) {
      this.#tellUnchanged(item.to, found)
    } else if (item.kind === 'file' && item.stat.bytes > batchFileBytesMax) {
      await this.#large.run(() => this.#storeLarge(item))
    } else {
      this.#small.push(item)
      if (this.#small.length >= limits.batchFilesMax) await this.#flushSmall()
    }
  }

  #find(to: Path): IndexEntry | undefined {
    const { committer, vault } = this.#work
    const found = resolvePath(committer.feed.index, { vault: vault.vault, path: to })
    return 'entry' in found && found.kind !== 'blocked' ? found.entry : undefined
  }

  async #flushSmall(): Promise<void> {
    const batch = this.#small
    this.#small = []
    if (batch.length > 0) await this.#batches.run(() => this.#storeBatch(batch))
  }

  async #storeBatch(batch: readonly FileItem[]): Promise<void> {
    let left = batch.flatMap((item) => this.#sourceOf(item))
    while (left.length > 0) left = left.slice(await this.#storeSome(left))
  }

  /** As the engine takes it; none when it is a link that is gone. */
  #sourceOf(item: FileItem): SmallItem[] {
    if (item.kind === 'file') return [{ item, source: { kind: 'path', path: item.path } }]
    try {
      const content = this.#options.files.readLink(item.path)
      return [{ item, source: { kind: 'content', content } }]
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#tellFailed(item.to, error)
      return []
    }
  }

  /** How many of them, from the first, were dealt with. */
  async #storeSome(left: readonly SmallItem[]): Promise<number> {
    const alone = this.#items === 1
    try {
      const items = left.map(({ source }) => source)
      const stored = await storeSmallFiles(this.#work, { items, alone, resend: false })
      for (const [at, file] of stored.entries()) this.#settleSmall(left[at]!.item, file)
      return stored.length
    } catch (error) {
      if (error instanceof HoldfastError)
        for (const { item } of left) this.#tellFailed(item.to, error)
      throw error
    }
  }

  #settleSmall(item: FileItem, small: SmallFile): void {
    if (small.kind === 'large') this.#large.begin(() => this.#storeLarge(item))
    else if (small.kind === 'changed') this.#tellChanged(item.to)
    else if (small.kind === 'failed') {
      this.#options.outcome({ state: 'failed', to: item.to, error: small.error })
    } else this.#commits.begin(() => this.#commitSmall(item, small))
  }

  async #commitSmall(item: FileItem, small: StoredSmall): Promise<void> {
    this.#options.progress(small.file.bytes)
    await this.#guard(item.to, () => this.#commitTry(item, small, 1))
  }

  async #commitTry(item: FileItem, small: StoredSmall, tries: number): Promise<void> {
    const { file, version, pages, packs, newBytes } = small
    const { mode, modified } = file.stat ?? item.stat
    const outcome = await submitFile(this.#work, {
      kind: item.kind,
      path: item.to,
      version,
      mode,
      modified,
      bytes: file.bytes,
      sha256: file.sha256,
      pages,
      packs,
    })
    if (outcome.kind === 'committed' || outcome.kind === 'unchanged') {
      this.#tellStored(outcome.entry, { to: item.to, newBytes })
    } else if (item.kind === 'link') await this.#linkAgain(item, tries + 1)
    else await this.#storeAs(this.#fileOf(item, resendOf(outcome)))
  }

  /** Parts of it were collected meanwhile. */
  async #linkAgain(item: FileItem, tries: number): Promise<void> {
    if (tries > limits.resendsMax) throw collectedMeanwhile()
    const items = this.#sourceOf(item).map(({ source }) => source)
    if (items.length === 0) return
    const [stored] = await storeSmallFiles(this.#work, { items, alone: false, resend: true })
    if (stored?.kind === 'stored') await this.#commitTry(item, stored, tries)
    else if (stored) this.#settleSmall(item, stored)
  }

  async #storeLarge(item: FileItem): Promise<void> {
    await this.#guard(item.to, () => this.#storeAs(this.#fileOf(item)))
  }

  #fileOf({ path, to, stat }: FileItem, resend?: ReadonlySet<string>): FileToStore {
    return {
      source: { kind: 'path', path, vault: this.#work.vault.vault },
      to,
      bytesExpected: stat.bytes,
      stat,
      ...(resend && { resend }),
      progress: this.#options.progress,
    }
  }

  async #storeInput({ handle, to }: InputItem): Promise<void> {
    const { session, vault } = this.#work
    const modified = fileTimeNow(session.world.clock)
    await this.#guard(to, () =>
      this.#storeAs({
        source: { kind: 'handle', handle, vault: vault.vault },
        to,
        bytesExpected: undefined,
        stat: { mode: modeOfInput, modified },
        progress: this.#options.progress,
      }),
    )
  }

  async #storeAs(file: FileToStore): Promise<void> {
    const stored = await storeFile(this.#work, file)
    if (stored.kind === 'changed') this.#tellChanged(file.to)
    else this.#tellStored(stored.entry, { to: file.to, newBytes: stored.newBytes })
  }

  #tellUnchanged(to: Path, found: IndexEntry): void {
    const { kind, bytes, version, sha256 } = found
    this.#options.progress(bytes)
    this.#options.outcome({
      state: 'unchanged',
      to,
      type: kind,
      bytes,
      version,
      sha256,
      newBytes: 0,
    })
  }

  #tellStored(entry: IndexEntry, { to, newBytes }: { to: Path; newBytes: number }): void {
    const { kind, bytes, version, sha256 } = entry
    this.#options.outcome({ state: 'stored', to, type: kind, bytes, version, sha256, newBytes })
  }

  #tellChanged(to: Path): void {
    const error = new HoldfastError('CHANGED', 'It changed while it was read', {
      hint: 'Run the command again when nothing writes to it',
    })
    this.#options.outcome({ state: 'changed', to, error: errorToJson(error) })
  }

  #tellFailed(to: Path, error: HoldfastError): void {
    this.#options.outcome({ state: 'failed', to, error: errorToJson(error) })
  }

  /** A failure is this item's outcome; one that would meet the others too ends the put. */
  async #guard(to: Path, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#tellFailed(to, error)
      if (!aboutOneItem.has(error.code)) throw error
    }
  }
}

/** After others nothing else would succeed either. */
const aboutOneItem: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'UNREADABLE',
  'KIND_CONFLICT',
  'BAD_NAME',
  'EXISTS',
  'CHANGED',
  'CHUNKS_MISSING',
  'OVER_LIMIT',
])
