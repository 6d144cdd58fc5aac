import { hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Timer } from '../../base/clock.ts'
import type { ControlRequest } from '../../wire/control.ts'
import { newId } from '../commit/new-id.ts'
import type { NewPack } from '../commit/pending.ts'
import type { Session } from '../session.ts'

type LateShard = ControlRequest<'shards/add'>['shards'][number]

export interface UploadOptions {
  /** Hex. */
  readonly vault: string
  readonly threshold: number
  readonly signal?: AbortSignal | undefined
}

interface WaitingPack {
  readonly pack: NewPack
  readonly resolve: (refused: boolean) => void
  readonly reject: (error: unknown) => void
}

/**
 * The lease under which packs are registered: opened when first needed, renewed while it is in use. Packs
 * that are ready at one moment are registered together.
 */
export class Upload {
  readonly #session: Session
  readonly #options: UploadOptions
  readonly #waiting: WaitingPack[] = []
  #id: string
  #opened: Promise<void> | undefined
  #renewal: Timer | undefined
  #busy = false

  constructor(session: Session, options: UploadOptions) {
    this.#session = session
    this.#options = options
    this.#id = newId(session.world.random)
  }

  /** Hex. */
  get id(): string {
    return this.#id
  }

  /** Opens the lease, unless it is. */
  open(): Promise<void> {
    this.#opened ??= this.#openNow()
    return this.#opened
  }

  /** Resolves true once the pack is registered, durably; false when its id was declared dead meanwhile. */
  register(pack: NewPack): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pack, resolve: (refused) => resolve(!refused), reject })
      if (!this.#busy) void this.#work()
    })
  }

  /** Tells of shards that became durable after their pack was registered. */
  async addShards(shards: readonly LateShard[]): Promise<void> {
    const { vault, signal } = this.#options
    await this.#session.control.call(
      'shards/add',
      { vault, shards: [...shards] },
      signal ? { signal } : {},
    )
  }

  /** Of these ids, which the vault has: advice. */
  async known(ids: readonly Uint8Array[]): Promise<Uint8Array> {
    const joined = new Uint8Array(ids.length * 32)
    for (const [at, id] of ids.entries()) joined.set(id, at * 32)
    const { vault, threshold, signal } = this.#options
    const answer = await this.#session.control.call(
      'known',
      { vault, threshold, ids: joined },
      signal ? { signal } : {},
    )
    return answer.known
  }

  /** Ends the lease: what nothing refers to by now may be collected. */
  async close(): Promise<void> {
    this.#renewal?.cancel()
    if (this.#opened === undefined) return
    try {
      await this.#opened
      await this.#session.control.call('upload/close', { upload: this.#id })
    } catch (error) {
      // The lease ends by itself.
      this.#session.world.logger.debug('upload was not closed', { error: String(error) })
    }
  }

  /** The lease is lost: what was registered under it may be gone. The next open begins a new one. */
  renew(): void {
    this.#renewal?.cancel()
    this.#id = newId(this.#session.world.random)
    this.#opened = undefined
  }

  async #openNow(): Promise<void> {
    const { vault, signal } = this.#options
    await this.#session.control.call(
      'upload/open',
      { upload: this.#id, vault },
      signal ? { signal } : {},
    )
    this.#renewal = this.#session.world.clock.timer(
      limits.uploadLeaseMs / 3,
      () => {
        this.#opened = this.#openNow()
        this.#opened.catch(() => {})
      },
      { background: true },
    )
  }

  async #work(): Promise<void> {
    this.#busy = true
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.splice(0, limits.registerPacksMax)
        await this.#register(batch)
      }
    } finally {
      this.#busy = false
    }
  }

  async #register(batch: readonly WaitingPack[]): Promise<void> {
    try {
      await this.open()
      const { vault, threshold, signal } = this.#options
      const packs = batch.map(({ pack }) => pack)
      await this.#session.control.call(
        'packs/register',
        { upload: this.#id, vault, threshold, packs },
        signal ? { signal } : {},
      )
      for (const { resolve } of batch) resolve(false)
    } catch (error) {
      await this.#settleFailure(batch, error)
    }
  }

  /** One dead pack refuses a whole batch: the others go again without it. */
  async #settleFailure(batch: readonly WaitingPack[], error: unknown): Promise<void> {
    if (!hasCode(error, 'PACK_DEAD')) {
      for (const { reject } of batch) reject(error)
      return
    }
    const dead = new Set(error.details['packs'] as string[])
    const left = batch.filter(({ pack }) => !dead.has(pack.pack))
    for (const { pack, resolve } of batch) if (dead.has(pack.pack)) resolve(true)
    if (left.length > 0 && left.length < batch.length) await this.#register(left)
    else for (const { reject } of left) reject(error)
  }
}
