import { hasCode } from '../../base/errors.ts'
import { isUploadGone } from '../commit/refusals.ts'
import { limits } from '../../base/limits.ts'
import { sleep, type Timer } from '../../base/clock.ts'
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

/** `dead`: its id was declared dead meanwhile; nothing refers to it for ever. */
export type Registered = 'registered' | 'dead'

interface WaitingPack {
  readonly pack: NewPack
  readonly resolve: (became: Registered) => void
  readonly reject: (error: unknown) => void
}

/**
 * The lease under which packs are registered: opened when first needed, renewed while it is in use. Packs
 * that become ready within `limits.registerPauseMs` are registered together.
 */
export class Upload {
  readonly #session: Session
  readonly #options: UploadOptions
  readonly #waiting: WaitingPack[] = []
  #id: string
  /** What it holds will not be used, and would keep the account from storing less. */
  #isOverQuota = false
  #opened: Promise<void> | undefined
  #renewal: Timer | undefined
  #busy = false
  #registeredMs = -Infinity

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

  /** Resolves once the pack is registered, durably, or never can be. */
  register(pack: NewPack): Promise<Registered> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pack, resolve, reject })
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
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    try {
      await opened
      // Once and briefly: who pressed Ctrl-C because nobody answers does not wait for it.
      const once = { triesMax: 1, timeoutMs: limits.uploadCloseMs }
      const request = { upload: this.#id, ...(this.#isOverQuota && { discard: true }) }
      await this.#session.control.call('upload/close', request, once)
    } catch (error) {
      // The lease ends by itself.
      this.#session.world.logger.debug('upload was not closed', { error: String(error) })
    }
  }

  /**
   * The lease `lost` ended: what was registered under it may be gone, which a commit tells. From now on a new
   * one holds what is registered.
   */
  renew(lost: string): void {
    if (lost !== this.#id) return
    this.#renewal?.cancel()
    this.#id = newId(this.#session.world.random)
    this.#opened = undefined
  }

  async #openNow(): Promise<void> {
    try {
      await this.#lease()
    } catch (error) {
      this.#opened = undefined
      throw error
    }
    this.#renewLater()
  }

  #renewLater(): void {
    const { clock, logger } = this.#session.world
    const renew = async (): Promise<void> => {
      try {
        await this.#lease()
      } catch (error) {
        // Registering under it tells when it is lost.
        logger.warn('upload was not renewed', { error: String(error) })
      }
      if (this.#opened) this.#renewLater()
    }
    this.#renewal = clock.timer(limits.uploadLeaseMs / 3, () => void renew(), { background: true })
  }

  async #lease(): Promise<void> {
    const { vault, signal } = this.#options
    const options = signal ? { signal } : {}
    await this.#session.control.call('upload/open', { upload: this.#id, vault }, options)
  }

  /** How many of those that wait go into one request. */
  get #together(): number {
    let chunks = 0
    const end = this.#waiting.findIndex(({ pack }) => {
      chunks += pack.chunks.length
      return chunks > limits.registerChunksMax
    })
    const most = end < 0 ? this.#waiting.length : Math.max(1, end)
    return Math.min(most, limits.registerPacksMax)
  }

  async #work(): Promise<void> {
    this.#busy = true
    try {
      while (this.#waiting.length > 0) {
        await this.#giveTime()
        await this.#register(this.#waiting.splice(0, this.#together))
      }
    } finally {
      this.#busy = false
    }
  }

  /** So that not each pack of a large file is a request of its own. */
  async #giveTime(): Promise<void> {
    const { clock } = this.#session.world
    const leftMs = this.#registeredMs + limits.registerPauseMs - clock.monotonicMs()
    if (leftMs > 0) await sleep(clock, leftMs)
    this.#registeredMs = clock.monotonicMs()
  }

  async #register(batch: readonly WaitingPack[]): Promise<void> {
    try {
      await this.#registerUnder(batch).catch(async (error: unknown) => {
        if (!isUploadGone(error)) throw error
        this.renew(this.#id)
        await this.#registerUnder(batch)
      })
      for (const { resolve } of batch) resolve('registered')
    } catch (error) {
      await this.#settleFailure(batch, error)
    }
  }

  async #registerUnder(batch: readonly WaitingPack[]): Promise<void> {
    await this.open()
    const { vault, threshold, signal } = this.#options
    const packs = batch.map(({ pack }) => pack)
    await this.#session.control.call(
      'packs/register',
      { upload: this.#id, vault, threshold, packs },
      signal ? { signal } : {},
    )
  }

  /** One dead pack refuses a whole batch: the others go again without it. */
  async #settleFailure(batch: readonly WaitingPack[], error: unknown): Promise<void> {
    if (!hasCode(error, 'PACK_DEAD')) {
      this.#isOverQuota ||= hasCode(error, 'OVER_QUOTA')
      for (const { reject } of batch) reject(error)
      return
    }
    const dead = new Set(error.details['packs'] as string[])
    const left = batch.filter(({ pack }) => !dead.has(pack.pack))
    for (const { pack, resolve } of batch) if (dead.has(pack.pack)) resolve('dead')
    if (left.length > 0 && left.length < batch.length) await this.#register(left)
    else for (const { reject } of left) reject(error)
  }
}
