/** One get to local files: folders first, contents bounded side by side, times of folders at the end. */
import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts'
import { errorToJson, HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { Bounded } from '../put/bounded.ts'
import type { LocalFiles } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import type { GetItem, GetOutcome } from './get-item.ts'
import { streamVersion, writeVersion } from './read-version.ts'
import type { ReadParts } from './read-version.ts'
import { getSmallFiles } from './small-gets.ts'
import type { SmallTarget } from './small-gets.ts'

export interface GetRunOptions {
  readonly files: LocalFiles
  /** Local files are synced before they get their name. */
  readonly sync: boolean
  /** The SHA-256 of each file is computed from what was written and compared. */
  readonly verify: boolean
  readonly outcome: (outcome: GetOutcome) => void
  readonly progress: (bytes: number) => void
}

type FileItem = GetItem & { readonly entry: IndexEntry }

const slash = utf8('/')

export class GetRun {
  readonly #parts: ReadParts
  readonly #options: GetRunOptions
  readonly #batches: Bounded
  readonly #large = new Bounded(limits.largeFilesMax)
  readonly #folders: FileItem[] = []
  #small: FileItem[] = []

  constructor(parts: ReadParts, options: GetRunOptions) {
    this.#parts = parts
    this.#options = options
    this.#batches = new Bounded(parts.engine.threads)
  }

  async run(items: Iterable<GetItem>): Promise<void> {
    for (const item of items) {
      this.#parts.signal?.throwIfAborted()
      await this.#take(item)
    }
    await this.#flushSmall()
    await this.#batches.idle()
    await this.#large.idle()
    // The deepest first: what is written into a folder changes its time.
    for (const folder of this.#folders.toReversed())
      await this.#guard(folder, () => this.#setFolder(folder))
  }

  async #take(item: GetItem): Promise<void> {
    const { entry } = item
    if (entry === undefined) {
      await this.#guard(item, () => this.#options.files.makeFolder(item.to))
      return
    }
    const file = { ...item, entry }
    if (entry.kind === 'folder') {
      await this.#guard(item, () => this.#options.files.makeFolder(item.to))
      this.#folders.push(file)
    } else if (entry.kind === 'link') await this.#guard(item, () => this.#getLink(file))
    else if (entry.bytes > limits.chunkBytesMin || this.#options.verify) {
      await this.#large.run(() => this.#guard(item, () => this.#getLarge(file)))
    } else await this.#takeSmall(file)
  }

  async #takeSmall(item: FileItem): Promise<void> {
    this.#small.push(item)
    if (this.#small.length >= limits.batchGetFilesMax) await this.#flushSmall()
  }

  async #flushSmall(): Promise<void> {
    const batch = this.#small
    this.#small = []
    if (batch.length > 0) await this.#batches.run(() => this.#getBatch(batch))
  }

  async #getBatch(batch: readonly FileItem[]): Promise<void> {
    const targets = batch.map((item): SmallTarget => {
      const { entry, to } = item
      return { entry, temporary: this.#beside(to), path: to, sync: this.#options.sync }
    })
    const outcomes = await getSmallFiles(this.#parts, targets)
    for (const [at, outcome] of outcomes.entries()) {
      const item = batch[at]!
      if (outcome.kind === 'failed') {
        this.#options.outcome({ state: 'failed', item, error: outcome.error })
      } else this.#tell(item)
    }
  }

  async #getLink(item: FileItem): Promise<void> {
    const pieces: Uint8Array[] = []
    await streamVersion(this.#parts, item.entry, {
      range: { from: 0, to: item.entry.bytes },
      sink: async ({ bytes }) => {
        pieces.push(bytes.slice())
      },
    })
    const temporary = this.#beside(item.to)
    this.#options.files.makeLink(temporary, concatBytes(pieces))
    this.#moveIn(temporary, item.to)
    this.#tell(item)
  }

  async #getLarge(item: FileItem): Promise<void> {
    const { files, sync, verify, progress } = this.#options
    const { entry, to } = item
    const temporary = this.#beside(to)
    const handle = files.create(temporary)
    try {
      try {
        if (verify) await this.#writeVerified(item, handle)
        else await writeVersion(this.#parts, entry, { handle, progress })
        files.setStat(handle, entry)
        if (sync) files.sync(handle)
      } finally {
        files.close(handle)
      }
      this.#moveIn(temporary, to)
    } catch (error) {
      files.remove(temporary)
      throw error
    }
    this.#options.outcome({ state: 'written', item })
  }

  async #writeVerified(item: FileItem, handle: number): Promise<void> {
    const { entry } = item
    const hash = this.#parts.session.world.primitives.sha256()
    await streamVersion(this.#parts, entry, {
      range: { from: 0, to: entry.bytes },
      sink: async ({ bytes, position }) => {
        this.#options.files.write(handle, bytes, position)
        hash.update(bytes)
        this.#options.progress(bytes.length)
      },
    })
    if (equalBytes(hash.digest(), entry.sha256)) return
    throw new HoldfastError('CORRUPT', 'Cannot take a file: its SHA-256 differs from its record')
  }

  #moveIn(temporary: Uint8Array, to: Uint8Array): void {
    const { files } = this.#options
    try {
      if (files.statPath(to)?.kind === 'folder') {
        throw new HoldfastError('KIND_CONFLICT', `Cannot replace a folder by a file`)
      }
      files.rename(temporary, to)
    } catch (error) {
      files.remove(temporary)
      throw error
    }
  }

  #setFolder({ entry, to }: FileItem): void {
    this.#options.files.setFolderStat(to, entry)
  }

  #tell(item: FileItem): void {
    this.#options.progress(item.entry.bytes)
    this.#options.outcome({ state: 'written', item })
  }

  /** A name in the same folder that nothing has. */
  #beside(to: Uint8Array): Uint8Array {
    const end = to.lastIndexOf(slash[0]!) + 1
    const name = utf8(`.holdfast-${this.#parts.session.world.random.bytes(8).toHex()}.part`)
    return concatBytes([to.subarray(0, end), name])
  }

  /** A failure that concerns this item alone is its outcome; others end the get. */
  async #guard(item: GetItem, work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#parts.signal?.throwIfAborted()
      if (!(error instanceof HoldfastError)) throw error
      this.#options.outcome({ state: 'failed', item, error: errorToJson(error) })
    }
  }
}
