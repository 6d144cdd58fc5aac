/** One get to local files: folders as the walk meets them, contents bounded side by side. */
import { equalBytes, utf8 } from '../../base/bytes.ts'
import { errorFromJson, errorToJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { Bounded } from '../put/bounded.ts'
import type { LocalFiles } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { GetItem, GetOutcome } from './get-item.ts'
import { writeVersion } from './read-version.ts'
import type { ReadParts } from './read-version.ts'
import { getSmallFiles } from './small-gets.ts'
import type { TargetFolder } from './target-folder.ts'
import { nameOf, TargetTree } from './target-tree.ts'

export interface GetRunOptions {
  readonly files: LocalFiles
  /** Local files, and folders they are in, are synced. */
  readonly sync: boolean
  /** What was written is read again, and its SHA-256 compared. */
  readonly verify: boolean
  readonly outcome: (outcome: GetOutcome) => void
  readonly progress: (bytes: number) => void
}

type FileItem = GetItem & { readonly entry: IndexEntry }

/** Where a file is written, and what it is called in the end. */
interface Target {
  readonly item: FileItem
  readonly folder: TargetFolder
  readonly temporary: Uint8Array
  readonly path: Uint8Array
}

const readBackBytes = 1024 * 1024

export class GetRun {
  readonly #parts: ReadParts
  readonly #options: GetRunOptions
  readonly #tree: TargetTree
  readonly #batches: Bounded
  readonly #large = new Bounded(limits.largeFilesMax)
  #small: Target[] = []
  /** The first batches are small, so that threads have something to do soon. */
  #batchFiles: number = limits.batchFilesFirst
  #smallFolders = new Set<TargetFolder>()

  constructor(parts: ReadParts, options: GetRunOptions) {
    this.#parts = parts
    this.#options = options
    const { files, sync } = options
    const staleBeforeMs = parts.session.world.clock.nowMs() - limits.partStaleMs
    this.#tree = new TargetTree({ files, sync, staleBeforeMs })
    this.#batches = new Bounded(parts.engine.threads)
  }

  /** `items` are in the order of a walk. Nothing is under way any more when it settles. */
  async run(items: Iterable<GetItem>): Promise<void> {
    try {
      for (const item of items) {
        this.#parts.signal?.throwIfAborted()
        await this.#take(item)
      }
      await this.#flushSmall()
      await this.#batches.idle()
      await this.#large.idle()
    } finally {
      await this.#batches.settled()
      await this.#large.settled()
      for (const { folder } of this.#small) folder.release()
      this.#tree.leave()
    }
  }

  async #take(item: GetItem): Promise<void> {
    const { entry, to } = item
    if (entry === undefined) await this.#guard(item, () => this.#tree.enterTop(to))
    else if (entry.kind === 'folder') await this.#guard(item, () => this.#tree.enter(to, entry))
    else await this.#guard(item, () => this.#takeFile({ ...item, entry }))
  }

  async #takeFile(item: FileItem): Promise<void> {
    const { entry } = item
    const target = this.#target(item)
    const isLarge = entry.chunkCount > 1 || entry.bytes > limits.chunkBytesMin
    if (entry.kind === 'file' && (isLarge || this.#options.verify))
      await this.#large.run(() => this.#getLarge(target))
    else await this.#takeSmall(target)
  }

  /** A folder over which a file would go is found before anything is fetched. */
  #target(item: FileItem): Target {
    const folder = this.#tree.folderOf(item.to)
    const path = folder.pathOf(nameOf(item.to))
    if (this.#options.files.statPath(path)?.kind === 'folder') {
      folder.release()
      throw new HoldfastError('KIND_CONFLICT', `Cannot replace a folder by a ${item.entry.kind}`)
    }
    const random = this.#parts.session.world.random.bytes(8).toHex()
    return { item, folder, path, temporary: folder.pathOf(utf8(`.holdfast-${random}.part`)) }
  }

  async #takeSmall(target: Target): Promise<void> {
    this.#small.push(target)
    this.#smallFolders.add(target.folder)
    const full = this.#small.length >= this.#batchFiles
    if (full || this.#smallFolders.size >= limits.batchGetFoldersMax) await this.#flushSmall()
  }

  async #flushSmall(): Promise<void> {
    const batch = this.#small
    if (batch.length === 0) return
    await this.#batches.run(() => {
      this.#small = []
      this.#batchFiles = Math.min(2 * this.#batchFiles, limits.batchGetFilesMax)
      this.#smallFolders = new Set()
      return this.#getBatch(batch)
    })
  }

  async #getBatch(batch: readonly Target[]): Promise<void> {
    const { sync } = this.#options
    try {
      const targets = batch.map(({ item, temporary, path }) => {
        return { entry: item.entry, temporary, path, sync }
      })
      const outcomes = await getSmallFiles(this.#parts, targets)
      for (const [at, outcome] of outcomes.entries()) {
        const { item } = batch[at]!
        if (outcome.kind === 'failed') {
          this.#options.outcome({ state: 'failed', item, error: outcome.error })
        } else this.#tell(item)
      }
      for (const outcome of outcomes) {
        if (outcome.kind === 'failed' && endsAll.has(outcome.error.code)) {
          throw errorFromJson({ ...outcome.error, details: { ...outcome.error.details } })
        }
      }
    } finally {
      for (const { folder } of batch) folder.release()
    }
  }

  async #getLarge({ item, folder, temporary, path }: Target): Promise<void> {
    const { files, outcome } = this.#options
    await this.#guard(item, async () => {
      try {
        await this.#write(temporary, item.entry)
        files.rename(temporary, path)
      } catch (error) {
        files.remove(temporary)
        throw error
      } finally {
        folder.release()
      }
      outcome({ state: 'written', item })
    })
  }

  async #write(path: Uint8Array, entry: IndexEntry): Promise<void> {
    const { files, sync, verify, progress } = this.#options
    const handle = files.create(path)
    try {
      await writeVersion(this.#parts, entry, { handle, progress })
      files.setStat(handle, entry)
      if (sync) files.sync(handle)
    } finally {
      files.close(handle)
    }
    if (verify) this.#readBack(path, entry)
  }

  #readBack(path: Uint8Array, { sha256 }: IndexEntry): void {
    const { files } = this.#options
    const hash = this.#parts.session.world.primitives.sha256()
    const piece = new Uint8Array(readBackBytes)
    const handle = files.openToRead(path)
    try {
      for (let position = 0; ;) {
        const count = files.read(handle, piece, position)
        if (count === 0) break
        hash.update(piece.subarray(0, count))
        position += count
      }
    } finally {
      files.close(handle)
    }
    if (equalBytes(hash.digest(), sha256)) return
    throw new HoldfastError('CORRUPT', 'Cannot take a file: its SHA-256 differs from its record')
  }

  #tell(item: FileItem): void {
    this.#options.progress(item.entry.bytes)
    this.#options.outcome({ state: 'written', item })
  }

  /** A failure is this item's outcome; one that would meet the others too ends the get. */
  async #guard(item: GetItem, work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#options.outcome({ state: 'failed', item, error: errorToJson(error) })
      if (endsAll.has(error.code)) throw error
    }
  }
}

/** After these nothing else would succeed either. */
const endsAll: ReadonlySet<ErrorCode> = new Set([
  'INTERRUPTED',
  'COORDINATOR_UNREACHABLE',
  'NOT_LOGGED_IN',
  'IDENTITY_MISMATCH',
  'VAULT_NOT_FOUND',
  'FORBIDDEN',
  'NO_SPACE',
  'READ_ONLY',
])
