/** One put: everything that is walked goes its way, bounded, and the outcome of each is told. */
import { sleep } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { fileTimeNow } from '../commit/file-time.ts'
import { batchFileBytesMax } from '../engine/batches.ts'
import { md5In } from '../engine/digests.ts'
import type { BatchItem } from '../engine/engine.ts'
import type { LocalFiles } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { PathFinder } from '../tree/resolve-path.ts'
import type { Path } from '../tree/path.ts'
import type { PutItem, PutOutcome } from './put-item.ts'
import { PutLanes } from './put-lanes.ts'
import { PutOutcomes } from './put-outcomes.ts'
import { collectedMeanwhile, resendOf, storeFile, submitFile } from './put-tries.ts'
import type { FileToStore } from './put-tries.ts'
import type { PutWork } from './put-work.ts'
import { hasDigests, isAsBefore, sameStat } from './same-stat.ts'
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
  readonly #outcomes: PutOutcomes
  readonly #lanes: PutLanes
  readonly #finder: PathFinder
  #small: FileItem[] = []
  /** The first batches are small, so that what comes after reading begins soon. */
  #batchFiles: number = limits.batchFilesFirst
  #items = 0

  constructor(work: PutWork, options: PutRunOptions) {
    this.#work = work
    this.#options = options
    this.#outcomes = new PutOutcomes(options.outcome)
    this.#lanes = new PutLanes(this.#outcomes, work.engine)
    this.#finder = new PathFinder(work.committer.feed.index, work.vault.vault)
  }

  /**
   * Resolves when every item has its outcome. Rejects when going on makes no sense: every item has its outcome
   * then too, once this has settled, except after the signal, which ends the walk.
   */
  async run(items: Iterable<PutItem>): Promise<void> {
    for (const item of items) {
      this.#work.options.signal?.throwIfAborted()
      this.#items += 1
      if (this.#outcomes.endedBy) await this.#passOver(item)
      else await this.#tryTake(item)
    }
    await this.#tryFlush()
    if (this.#outcomes.endedBy) throw this.#outcomes.endedBy
    await this.#lanes.idle()
    await this.#work.packer.finish()
  }

  /** Resolves when nothing of it is under way any more, failed or not. */
  async settled(): Promise<void> {
    await this.#lanes.settled()
  }

  /** What could not begin was told already. */
  async #tryTake(item: PutItem): Promise<void> {
    try {
      await this.#take(item)
    } catch (error) {
      this.#ended(error)
    }
  }

  async #tryFlush(): Promise<void> {
    try {
      await this.#flushSmall()
    } catch (error) {
      this.#ended(error)
    }
  }

  /** Only a failure of ours is why all others fail; a defect ends the walk. */
  #ended(error: unknown): void {
    if (!(error instanceof HoldfastError)) throw error
    this.#outcomes.end(error)
  }

  async #take(item: PutItem): Promise<void> {
    if (item.kind === 'refused') this.#outcomes.refused(item.to, item.state, item.error)
    else if (item.kind === 'folder') await this.#takeFolder(item)
    else if (item.kind === 'input') {
      await this.#lanes.run('large', [item], () => this.#storeInput(item))
    } else await this.#takeFile(item)
  }

  /** Nothing is begun any more: it is as it was, or fails for the reason that ended the put. */
  async #passOver(item: PutItem): Promise<void> {
    // Very many may follow: an interruption has to come through.
    if (this.#items % limits.batchFilesMax === 0) await sleep(this.#work.session.world.clock, 0)
    if (item.kind === 'refused') this.#outcomes.refused(item.to, item.state, item.error)
    else if (!this.#tookUnchanged(item)) this.#outcomes.failed(item.to, this.#outcomes.endedBy!)
  }

  /** Whether nothing is to be done for it; then it was told. */
  #tookUnchanged(item: Exclude<PutItem, { kind: 'refused' }>): boolean {
    if (item.kind === 'input') return false
    const found = this.#find(item.to)
    if (!found) return false
    if (item.kind === 'folder') return found.kind === 'folder' && sameStat(found, item.stat)
    if (this.#options.checksum || !isAsBefore(found, item.kind, item.stat)) return false
    if (!hasDigests(found, this.#work.options.digests)) return false
    this.#options.progress(found.bytes)
    this.#outcomes.unchanged(item.to, found)
    return true
  }

  async #takeFolder(item: FolderItem): Promise<void> {
    if (this.#tookUnchanged(item)) return
    const { to, stat } = item
    const { mode, modified } = stat
    const { committer, options } = this.#work
    const folder = { kind: 'folder', path: to, mode, modified, ifThere: 'update' } as const
    await this.#lanes.run('commits', [item], () =>
      this.#lanes.guard(to, async () => {
        await committer.submit({ ...folder, signal: options.signal })
      }),
    )
  }

  async #takeFile(item: FileItem): Promise<void> {
    if (this.#tookUnchanged(item)) return
    if (item.kind === 'file' && item.stat.bytes > batchFileBytesMax) {
      await this.#lanes.run('large', [item], () => this.#storeLarge(item))
    } else {
      this.#small.push(item)
      if (this.#small.length >= this.#batchFiles) await this.#flushSmall()
    }
  }

  #find(to: Path): IndexEntry | undefined {
    const found = this.#finder.find(to)
    return 'entry' in found && found.kind !== 'blocked' ? found.entry : undefined
  }

  async #flushSmall(): Promise<void> {
    const batch = this.#small
    this.#small = []
    this.#batchFiles = Math.min(2 * this.#batchFiles, limits.batchFilesMax)
    if (batch.length > 0) await this.#lanes.run('batches', batch, () => this.#storeBatch(batch))
  }

  async #storeBatch(batch: readonly FileItem[]): Promise<void> {
    let left = batch.flatMap((item) => this.#sourceOf(item))
    while (left.length > 0) left = left.slice(await this.#storeSome(left))
  }

  /** As the engine takes it; none when it is a link that is gone. */
  #sourceOf(item: FileItem): SmallItem[] {
    if (item.kind === 'file')
      return [{ item, source: { kind: 'path', path: item.path, bytes: item.stat.bytes } }]
    try {
      const content = this.#options.files.readLink(item.path)
      return [{ item, source: { kind: 'content', content } }]
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#outcomes.failed(item.to, error)
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
      if (error instanceof HoldfastError) this.#failedAll(left, error)
      throw error
    }
  }

  #failedAll(items: readonly SmallItem[], error: HoldfastError): void {
    this.#outcomes.end(error)
    for (const { item } of items) this.#outcomes.failed(item.to, error)
  }

  #settleSmall(item: FileItem, small: SmallFile): void {
    if (small.kind === 'large') this.#lanes.begin('large', item, () => this.#storeLarge(item))
    else if (small.kind === 'changed') this.#outcomes.changed(item.to)
    else if (small.kind === 'failed') this.#outcomes.refused(item.to, 'failed', small.error)
    else this.#lanes.begin('commits', item, () => this.#commitSmall(item, small))
  }

  async #commitSmall(item: FileItem, small: StoredSmall): Promise<void> {
    this.#options.progress(small.file.bytes)
    await this.#lanes.guard(item.to, () => this.#commitTry(item, small, 1))
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
      md5: item.kind === 'file' ? md5In(file.digests) : undefined,
      pages,
      packs,
    })
    if (outcome.kind === 'committed' || outcome.kind === 'unchanged') {
      this.#outcomes.stored(outcome.entry, { to: item.to, newBytes })
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
    await this.#lanes.guard(item.to, () => this.#storeAs(this.#fileOf(item)))
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
    await this.#lanes.guard(to, () =>
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
    if (stored.kind === 'changed') this.#outcomes.changed(file.to)
    else this.#outcomes.stored(stored.entry, { to: file.to, newBytes: stored.newBytes })
  }
}
