/** What the parts of one put share. */
import { limits } from '../../base/limits.ts'
import type { Cluster } from '../cluster.ts'
import type { Committer } from '../commit/committer.ts'
import type { DigestAlgorithm } from '../engine/digests.ts'
import type { CutChunk, Engine } from '../engine/engine.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
import type { Packer } from './packer.ts'
import type { Upload } from './upload.ts'
import { WindowSlot } from './window-slots.ts'

export interface PutWork {
  readonly session: Session
  readonly vault: OpenVault
  readonly cluster: Cluster
  readonly committer: Committer
  readonly engine: Engine
  readonly upload: Upload
  readonly packer: Packer
  readonly windows: Windows
  readonly chunks: ChunkStore
  readonly options: {
    /** Durable shards that this put needs of each pack. */
    readonly threshold: number
    /** Wanted of each file beside its SHA-256. */
    readonly digests: readonly DigestAlgorithm[]
    readonly signal?: AbortSignal | undefined
  }
}

/** Slots that files are read into. */
export class Windows {
  readonly #pool: SlotPool
  readonly #packer: Packer

  constructor(pool: SlotPool, packer: Packer) {
    this.#pool = pool
    this.#packer = packer
  }

  /**
   * A window for a file of about this size. When none is free the pack that is being filled is closed:
   * its chunks may be what fills the windows.
   */
  async take(bytesExpected: number | undefined): Promise<WindowSlot> {
    const bytes = Math.min(limits.windowBytes, (bytesExpected ?? limits.windowBytes) + 4096)
    const free = this.#pool.tryTake(bytes)
    if (free) return new WindowSlot(this.#pool, free)
    this.#packer.flush()
    return new WindowSlot(this.#pool, await this.#pool.take(bytes))
  }
}

/** Stores each content once in a run, and not at all when the vault has it. */
export class ChunkStore {
  readonly #packer: Packer
  readonly #upload: Upload
  /** By hex id: those sent in this run, the oldest forgotten first. */
  readonly #sent = new Map<string, Promise<void>>()

  constructor(packer: Packer, upload: Upload) {
    this.#packer = packer
    this.#upload = upload
  }

  /** For each chunk, whether it need not be sent; not asked for small ones. */
  async known(
    chunks: readonly CutChunk[],
    resend: ReadonlySet<string>,
  ): Promise<readonly boolean[]> {
    const worth = chunks.some(({ length }) => length >= limits.knownAskBytesMin)
    if (!worth) return chunks.map(() => false)
    const known = await this.#upload.known(chunks.map(({ id }) => id))
    return chunks.map(({ id }, at) => known[at] === 1 && !resend.has(id.toHex()))
  }

  /** Settles when the chunk is registered; `again` sends it whatever was sent before. */
  store(
    chunk: CutChunk,
    window: WindowSlot,
    options: { readonly again: boolean },
  ): { readonly stored: Promise<void>; readonly isNew: boolean } {
    const text = chunk.id.toHex()
    const before = options.again ? undefined : this.#sent.get(text)
    if (before) return { stored: before, isNew: false }
    const stored = this.#packer.add(chunk, window.use())
    this.#remember(text, stored)
    return { stored, isNew: true }
  }

  #remember(text: string, stored: Promise<void>): void {
    this.#sent.set(text, stored)
    if (this.#sent.size > limits.sentChunksMax) {
      this.#sent.delete(this.#sent.keys().next().value!)
    }
    stored.catch(() => {
      if (this.#sent.get(text) === stored) this.#sent.delete(text)
    })
  }
}
