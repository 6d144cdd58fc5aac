/** One put: everything that is walked goes its way, bounded, and the outcome of each is told. */
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Committer } from '../commit/committer.ts'
import type { CommitOutcome, PendingFile } from '../commit/pending.ts'
import { newId } from '../commit/new-id.ts'
import type { BatchItem } from '../engine/engine.ts'
import type { FileTime, LocalFiles, LocalStat } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { resolvePath } from '../tree.ts'
import type { Path } from '../tree.ts'
import { batchFileBytesMax } from '../engine/batches.ts'
import { storeLargeFile } from './large-file.ts'
import { Bounded } from './bounded.ts'
import type { PutItem, PutOutcome } from './put-item.ts'
import type { PutWork } from './put-work.ts'
import { storeSmallFiles } from './small-files.ts'
import type { SmallFile } from './small-files.ts'

type FileItem = Extract<PutItem, { kind: 'file' | 'link' }>
type InputItem = Extract<PutItem, { kind: 'input' }>

export interface PutRunOptions {
  /** Compare contents even where size, time and mode are as in the index. */
  readonly checksum: boolean
  readonly files: LocalFiles
  readonly outcome: (outcome: PutOutcome) => void
  /** Bytes of content read on. */
  readonly progress: (bytes: number) => void
}

const permissionsOfInput = 0o644

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
    await this.#work.packer.finish()
    await this.#commits.idle()
  }

  async #take(item: PutItem): Promise<void> {
    if (item.kind === 'refused') {
      this.#options.outcome({ state: item.state, to: item.to, error: item.error })
    } else if (item.kind === 'folder') await this.#takeFolder(item)
    else if (item.kind === 'input') await this.#large.run(() => this.#storeInput(item))
    else await this.#takeFile(item)
  }

  async #takeFolder(item: Extract<PutItem, { kind: 'folder' }>): Promise<void> {
    const { to, stat } = item
    const found = this.#find(to)
    if (found && found.kind === 'folder' && sameStat(found, stat)) return
    await this.#commits.run(async () => {
      await this.#guard(to, async () => {
        const { mode, modified } = stat
        await this.#work.committer.submit({
          kind: 'folder',
          path: to,
          mode,
          modified,
          ifThere: 'update',
          signal: this.#work.options.signal,
        })
      })
    })
  }

  async #takeFile(item: FileItem): Promise<void> {
    const found = this.#find(item.to)
    if (found && !this.#options.checksum && this.#isAsBefore(found, item)) {
      this.#tellUnchanged(item.to, found)
      return
    }
    if (item.kind === 'file' && item.stat.bytes > batchFileBytesMax) {
      await this.#large.run(() => this.#storeLarge(item))
      return
    }
    this.#small.push(item)
    if (this.#small.length >= limits.batchFilesMax) await this.#flushSmall()
  }

  #find(to: Path): IndexEntry | undefined {
    const { committer, vault } = this.#work
    const found = resolvePath(committer.feed.index, { vault: vault.vault, path: to })
    return 'entry' in found && found.kind !== 'blocked' ? found.entry : undefined
  }

  #isAsBefore(found: IndexEntry, item: FileItem): boolean {
    return found.kind === item.kind && sameStat(found, item.stat) && found.bytes === item.stat.bytes
  }

  #tellUnchanged(to: Path, found: IndexEntry): void {
    this.#options.progress(found.bytes)
    this.#options.outcome({
      state: 'unchanged',
      to,
      type: found.kind,
      bytes: found.bytes,
      version: found.version,
      sha256: found.sha256,
      newBytes: 0,
    })
  }

  async #flushSmall(): Promise<void> {
    const batch = this.#small
    this.#small = []
    if (batch.length > 0) await this.#batches.run(() => this.#storeBatch(batch))
  }

  async #storeBatch(batch: readonly FileItem[]): Promise<void> {
    let left = batch
    while (left.length > 0) {
      const items = left.map((item): BatchItem => this.#batchItem(item))
      const alone = this.#items === 1
      const stored = await storeSmallFiles(this.#work, { items, alone })
      for (const [at, file] of stored.entries()) this.#settleSmall(left[at]!, file)
      left = left.slice(stored.length)
    }
  }

  #batchItem(item: FileItem): BatchItem {
    return item.kind === 'file'
      ? { kind: 'path', path: item.path }
      : { kind: 'content', content: this.#options.files.readLink(item.path) }
  }

  #settleSmall(item: FileItem, small: SmallFile): void {
    if (small.kind === 'large') void this.#large.run(() => this.#storeLarge(item))
    else if (small.kind === 'changed') this.#tellChanged(item.to)
    else if (small.kind === 'failed') {
      this.#options.outcome({ state: 'failed', to: item.to, error: small.error })
    } else void this.#commits.run(() => this.#commitSmall(item, small))
  }

  async #commitSmall(item: FileItem, small: Extract<SmallFile, { kind: 'stored' }>): Promise<void> {
    const { file, version, pages, packs, newBytes } = small
    const stat = file.stat ?? item.stat
    this.#options.progress(file.bytes)
    await this.#guard(item.to, async () => {
      const outcome = await this.#submit({
        kind: item.kind,
        path: item.to,
        version,
        mode: stat.mode,
        modified: stat.modified,
        bytes: file.bytes,
        sha256: file.sha256,
        pages,
        upload: this.#work.upload.id,
        packs,
      })
      if (outcome.kind === 'committed' || outcome.kind === 'unchanged') {
        this.#tellStored(outcome.entry, { to: item.to, newBytes })
      } else await this.#again(item, outcome)
    })
  }

  /** What the commit missed is sent again, in the way of large files. */
  async #again(item: FileItem, outcome: CommitOutcome): Promise<void> {
    if (item.kind === 'link') throw goneMeanwhile()
    await this.#storeLarge(item, resendOf(outcome))
  }

  async #storeLarge(item: FileItem, resend: ReadonlySet<string> = new Set()): Promise<void> {
    await this.#guard(item.to, async () => {
      let missing = resend
      for (let tries = 0; tries < limits.changedReadsMax; tries += 1) {
        const version = newId(this.#work.session.world.random)
        const file = await storeLargeFile(this.#work, {
          source: { kind: 'path', path: item.path, vault: this.#work.vault.vault },
          version,
          bytesExpected: item.stat.bytes,
          resend: missing,
          progress: this.#options.progress,
        })
        if (file.kind === 'changed') continue
        const { stat = item.stat, end, pages, newBytes } = file
        const outcome = await this.#submit(fileOf(item.to, { version, stat, end, pages }))
        if (outcome.kind === 'committed' || outcome.kind === 'unchanged') {
          this.#tellStored(outcome.entry, { to: item.to, newBytes })
          return
        }
        missing = resendOf(outcome)
      }
      this.#tellChanged(item.to)
    })
  }

  async #storeInput(item: InputItem): Promise<void> {
    await this.#guard(item.to, async () => {
      const { session, vault } = this.#work
      const version = newId(session.world.random)
      const file = await storeLargeFile(this.#work, {
        source: { kind: 'handle', handle: item.handle, vault: vault.vault },
        version,
        bytesExpected: undefined,
        resend: new Set(),
        progress: this.#options.progress,
      })
      if (file.kind === 'changed') throw goneMeanwhile()
      const { end, pages, newBytes } = file
      const stat = { mode: permissionsOfInput, modified: timeOf(session.world.clock.nowMs()) }
      const outcome = await this.#submit(fileOf(item.to, { version, stat, end, pages }))
      if (outcome.kind !== 'committed' && outcome.kind !== 'unchanged') throw goneMeanwhile()
      this.#tellStored(outcome.entry, { to: item.to, newBytes })
    })
  }

  #submit(pending: PendingFile): ReturnType<Committer['submit']> {
    const { signal, threshold } = this.#work.options
    const { id } = this.#work.upload
    return this.#work.committer.submit({ ...pending, upload: id, threshold, signal })
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

  /** A failure that concerns this item alone is its outcome; others end the put. */
  async #guard(to: Path, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HoldfastError) || endsAll(error)) throw error
      this.#options.outcome({ state: 'failed', to, error: errorToJson(error) })
    }
  }
}

function fileOf(
  to: Path,
  read: {
    readonly version: string
    readonly stat: Pick<LocalStat, 'mode' | 'modified'>
    readonly end: { readonly bytes: number; readonly sha256: Uint8Array }
    readonly pages: PendingFile['pages']
  },
): PendingFile {
  const { version, stat, end, pages } = read
  return {
    kind: 'file',
    path: to,
    version,
    mode: stat.mode,
    modified: stat.modified,
    bytes: end.bytes,
    sha256: end.sha256,
    pages,
  }
}

/** After these nothing else would succeed either. */
function endsAll(error: HoldfastError): boolean {
  switch (error.code) {
    case 'NOT_FOUND':
    case 'UNREADABLE':
    case 'KIND_CONFLICT':
    case 'BAD_NAME':
    case 'EXISTS':
    case 'CHANGED':
    case 'CHUNKS_MISSING':
      return false
    default:
      return true
  }
}

function resendOf(outcome: CommitOutcome): Set<string> {
  return new Set(outcome.kind === 'missing' ? outcome.chunks.map((id) => id.toHex()) : [])
}

function goneMeanwhile(): HoldfastError {
  return new HoldfastError(
    'CHUNKS_MISSING',
    'Cannot commit: stored parts were collected meanwhile',
    {
      hint: 'Run the command again',
    },
  )
}

/** Times that a restored file may differ by: what setting them loses. */
const roundingNanoseconds = 1000

function sameStat(
  entry: Pick<IndexEntry, 'mode' | 'modified'>,
  stat: Pick<LocalStat, 'mode' | 'modified'>,
): boolean {
  const apartSeconds = entry.modified.seconds - stat.modified.seconds
  const apart = apartSeconds * 1e9 + entry.modified.nanoseconds - stat.modified.nanoseconds
  return entry.mode === stat.mode && Math.abs(apart) <= roundingNanoseconds
}

function timeOf(ms: number): FileTime {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanoseconds: Math.round((ms - seconds * 1000) * 1e6) }
}
