import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { sealedChunkBytes } from '../../core/chunk.ts'
import { packTailBytes, packTakes, shardBytesOf } from '../../core/pack.ts'
import type { Cluster } from '../cluster.ts'
import type { CutChunk, Engine, PackOrder, SealedPack } from '../engine/engine.ts'
import { packChunksMax } from '../engine/pack-writer.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import type { Slot } from '../engine/slot-pool.ts'
import type { Session } from '../session.ts'
import type { NewPack } from '../commit/pending.ts'
import { LateSends } from './late-sends.ts'
import { sendPack } from './pack-sender.ts'
import type { SentPack } from './pack-sender.ts'
import type { SendOptions } from './pack-shards.ts'
import type { Upload } from './upload.ts'

export interface PackerParts {
  readonly session: Session
  readonly cluster: Cluster
  readonly engine: Engine
  readonly upload: Upload
  /** Where packs are made. */
  readonly slots: SlotPool
  readonly options: SendOptions
  readonly counts: ShardCounts
}

/** Over a whole put. */
export interface ShardCounts {
  written: number
  wanted: number
}

interface Filling {
  readonly chunks: CutChunk[]
  readonly releases: (() => void)[]
  sealedBytes: number
  readonly done: PromiseWithResolvers<void>
}

/**
 * Collects chunks into packs, makes and sends them, and registers what is durable. Bounded by its slots:
 * `add` is called as fast as chunks come, `ready` says when to go on.
 */
export class Packer {
  readonly #parts: PackerParts
  readonly #deliveries = new Set<Promise<void>>()
  readonly #lateSends = new LateSends()
  #filling: Filling | undefined
  #ended: HoldfastError | undefined

  constructor(parts: PackerParts) {
    this.#parts = parts
  }

  /**
   * Takes a chunk; `release` is called once its bytes are sealed. The promise settles when the pack it went
   * into is registered; it may wait for `flush`.
   */
  add(chunk: CutChunk, release: () => void): Promise<void> {
    if (this.#ended) {
      release()
      return Promise.reject(this.#ended)
    }
    const sealedBytes = sealedChunkBytes(chunk.length)
    if (this.#filling && !this.#takes(this.#filling, sealedBytes)) this.flush()
    this.#filling ??= {
      chunks: [],
      releases: [],
      sealedBytes: 0,
      done: Promise.withResolvers<void>(),
    }
    const filling = this.#filling
    filling.chunks.push(chunk)
    filling.releases.push(release)
    filling.sealedBytes += sealedBytes
    return filling.done.promise
  }

  /** Closes the pack that is being filled. */
  flush(): void {
    const filling = this.#filling
    if (!filling) return
    this.#filling = undefined
    const { promise, resolve, reject } = filling.done
    promise.catch(() => {})
    const settled = this.#make(filling).then(resolve, reject)
    const delivery = settled.then(() => void this.#deliveries.delete(delivery))
    this.#deliveries.add(delivery)
  }

  /** Resolves when few enough packs are under way to begin another. */
  async ready(): Promise<void> {
    while (this.#deliveries.size >= limits.packsUnderWayMax) await Promise.race(this.#deliveries)
  }

  /** Closes the last pack and waits until all are registered; a little for late shards. */
  async finish(): Promise<void> {
    this.flush()
    await this.#delivered()
    const { clock } = this.#parts.session.world
    const timer = clock.timer(limits.lateSendMs, () => this.#lateSends.endAll())
    await this.#lateSends.settled()
    timer.cancel()
  }

  /** Ends everything: resolves when nothing is under way any more. Its signal should be aborted. */
  async end(): Promise<void> {
    this.#ended ??= new HoldfastError('INTERRUPTED', 'Storing was given up')
    const filling = this.#filling
    this.#filling = undefined
    filling?.done.promise.catch(() => {})
    filling?.done.reject(this.#ended)
    for (const release of filling?.releases ?? []) release()
    await this.#delivered()
    this.#lateSends.endAll()
    await this.#lateSends.settled()
  }

  /** What a pack is ordered with; its slot is the caller's to give back once `deliver` settled. */
  async order(bytes: number): Promise<PackOrder> {
    const { vault, signal } = this.#parts.options
    const slot = await this.#slot(bytes)
    if (signal?.aborted) {
      this.#parts.slots.giveBack(slot)
      signal.throwIfAborted()
    }
    return {
      vault: vault.vault,
      generation: 1,
      k: vault.policy.k,
      m: vault.policy.m,
      pack: this.#parts.session.world.random.bytes(16),
      slot,
    }
  }

  /** Gives back the slot of an order that nothing came of. */
  release(order: PackOrder): void {
    this.#parts.slots.giveBack(order.slot)
  }

  /** Sends a sealed pack; gives back its slot when nothing reads from it any more. */
  async send(sealed: SealedPack, order: PackOrder): Promise<NewPack> {
    const { session, cluster, engine, options, counts, slots } = this.#parts
    const ending = new AbortController()
    const { signal } = options
    const signals = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal
    try {
      const sending = { ...options, signal: signals, order }
      const sent = await sendPack({ session, cluster, engine }, sealed, sending)
      counts.written += sent.written
      counts.wanted += sent.wanted
      const settled = this.#settle(sent, order.slot)
      if (sent.underWay > 0) this.#lateSends.add(ending, settled)
      if (slots.isWaitedFor) this.#lateSends.endOldest()
      return sent.pack
    } catch (error) {
      slots.giveBack(order.slot)
      throw error
    }
  }

  /** Sends and registers. PACK_DEAD when it took so long that its shards were taken for strangers. */
  async deliver(sealed: SealedPack, order: PackOrder): Promise<void> {
    const pack = await this.send(sealed, order)
    if ((await this.#parts.upload.register(pack)) === 'registered') return
    throw new HoldfastError('PACK_DEAD', 'A pack was collected before it could be registered', {
      hint: 'Run the command again',
      details: { packs: [pack.pack] },
    })
  }

  async #delivered(): Promise<void> {
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries)
  }

  #takes(filling: Filling, nextBytes: number): boolean {
    const { policy } = this.#parts.options.vault
    const chunkBytes = filling.sealedBytes
    return filling.chunks.length < packChunksMax && packTakes(policy, { chunkBytes, nextBytes })
  }

  /** Waits its turn; what goes on only for shards that are late makes room. */
  async #slot(bytes: number): Promise<Slot> {
    const { slots } = this.#parts
    const free = slots.tryTake(bytes)
    if (free) return free
    this.#lateSends.endOldest()
    return await slots.take(bytes)
  }

  async #make(filling: Filling): Promise<void> {
    const { k, m } = this.#parts.options.vault.policy
    const packBytes = filling.sealedBytes + packTailBytes(filling.chunks.length)
    let order: PackOrder
    let sealed: SealedPack
    try {
      order = await this.order(shardBytesOf(packBytes, k) * (k + m))
      sealed = await this.#sealed(order, filling)
    } finally {
      for (const release of filling.releases) release()
    }
    await this.deliver(sealed, order)
  }

  async #sealed(order: PackOrder, { chunks }: Filling): Promise<SealedPack> {
    try {
      return await this.#parts.engine.seal({ ...order, chunks })
    } catch (error) {
      this.release(order)
      throw error
    }
  }

  /** Waits for the last sends, tells the coordinator of late shards, frees the slot. Never rejects. */
  async #settle({ late }: SentPack, slot: Slot): Promise<void> {
    const { counts, session, slots, upload } = this.#parts
    const shards = await late
    slots.giveBack(slot)
    counts.written += shards.length
    if (shards.length === 0) return
    try {
      await upload.addShards(shards)
    } catch (error) {
      // A census finds them.
      session.world.logger.debug('late shards were not told', { error: String(error) })
    }
  }
}
