import { assert } from '../../base/assert.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { sealedChunkBytes } from '../../core/chunk.ts'
import { packTailBytes, packTargetBytes, shardBytesOf } from '../../core/pack.ts'
import type { Cluster } from '../cluster.ts'
import type { CutChunk, Engine, PackOrder, SealedPack } from '../engine/engine.ts'
import { packChunksMax } from '../engine/pack-writer.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import type { Slot } from '../engine/slot-pool.ts'
import type { Session } from '../session.ts'
import type { NewPack } from '../commit/pending.ts'
import { sendPack } from './pack-sender.ts'
import type { LateShard, SendOptions } from './pack-sender.ts'
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
  readonly #deliveries = new Set<Promise<unknown>>()
  readonly #lateSends = new Set<Promise<unknown>>()
  /** Ends what is still being sent to nodes that were left behind. */
  readonly #giveUp = new AbortController()
  #filling: Filling | undefined

  constructor(parts: PackerParts) {
    this.#parts = parts
  }

  /**
   * Takes a chunk; `release` is called once its bytes are sealed. The promise settles when the pack it went
   * into is registered; it may wait for `flush`.
   */
  add(chunk: CutChunk, release: () => void): Promise<void> {
    const sealedBytes = sealedChunkBytes(chunk.length)
    if (this.#filling && this.#isFullFor(this.#filling, sealedBytes)) this.flush()
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
    filling.done.promise.catch(() => {})
    track(this.#deliveries, this.#make(filling).then(filling.done.resolve, filling.done.reject))
  }

  /** Resolves when few enough packs are under way to begin another. */
  async ready(): Promise<void> {
    while (this.#deliveries.size >= limits.packsUnderWayMax) await Promise.race(this.#deliveries)
  }

  /** Closes the last pack and waits until all are registered; a little for late shards. */
  async finish(): Promise<void> {
    this.flush()
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries)
    if (this.#lateSends.size === 0) return
    const { clock } = this.#parts.session.world
    const timer = clock.timer(limits.lateSendMs, () =>
      this.#giveUp.abort(new HoldfastError('TIMED_OUT', 'A late shard was given up')),
    )
    while (this.#lateSends.size > 0) await Promise.all(this.#lateSends)
    timer.cancel()
  }

  /** Ends everything at once: after a failure. */
  async abandon(): Promise<void> {
    this.#giveUp.abort(new HoldfastError('INTERRUPTED', 'Storing was given up'))
    this.#filling = undefined
    await Promise.all([...this.#deliveries, ...this.#lateSends])
  }

  /** What a pack is ordered with; its slot is the caller's to give back once `deliver` settled. */
  async order(bytes: number): Promise<PackOrder> {
    const { vault } = this.#parts.options
    return {
      vault: vault.vault,
      generation: 1,
      k: vault.policy.k,
      m: vault.policy.m,
      pack: this.#parts.session.world.random.bytes(16),
      slot: await this.#parts.slots.take(bytes),
    }
  }

  /** Gives back the slot of an order that nothing came of. */
  release(order: PackOrder): void {
    this.#parts.slots.giveBack(order.slot)
  }

  /** Sends a sealed pack; gives back its slot when nothing reads from it any more. */
  async send(sealed: SealedPack, order: PackOrder): Promise<NewPack> {
    const { session, cluster, engine, options, counts, slots } = this.#parts
    try {
      const signal = options.signal
        ? AbortSignal.any([options.signal, this.#giveUp.signal])
        : this.#giveUp.signal
      const sent = await sendPack({ session, cluster, engine }, sealed, {
        ...options,
        signal,
        order,
      })
      counts.written += sent.written
      counts.wanted += sent.wanted
      track(this.#lateSends, this.#settle(sent.late, order.slot))
      return sent.pack
    } catch (error) {
      slots.giveBack(order.slot)
      throw error
    }
  }

  /** Sends and registers; under a new id when this one was declared dead meanwhile. */
  async deliver(sealed: SealedPack, order: PackOrder): Promise<void> {
    const pack = await this.send(sealed, order)
    const registered = await this.#parts.upload.register(pack)
    assert(registered, 'a pack with a fresh random id is not dead')
  }

  #isFullFor(filling: Filling, sealedBytes: number): boolean {
    return (
      filling.sealedBytes + sealedBytes > packTargetBytes(this.#parts.options.vault.policy) ||
      filling.chunks.length >= packChunksMax
    )
  }

  async #make(filling: Filling): Promise<void> {
    const { k, m } = this.#parts.options.vault.policy
    const packBytes = filling.sealedBytes + packTailBytes(filling.chunks.length)
    const order = await this.order(shardBytesOf(packBytes, k) * (k + m))
    let sealed: SealedPack
    try {
      sealed = await this.#parts.engine.seal({ ...order, chunks: filling.chunks })
    } catch (error) {
      this.#parts.slots.giveBack(order.slot)
      throw error
    } finally {
      for (const release of filling.releases) release()
    }
    await this.deliver(sealed, order)
  }

  /** Waits for the last sends, tells the coordinator of late shards, frees the slot. */
  async #settle(late: Promise<LateShard[]>, slot: Slot): Promise<void> {
    const shards = await late
    this.#parts.slots.giveBack(slot)
    this.#parts.counts.written += shards.length
    if (shards.length > 0) await this.#parts.upload.addShards(shards).catch(() => {})
  }
}

/** Keeps the promise in the set until it settled. */
function track(set: Set<Promise<unknown>>, work: Promise<unknown>): void {
  const forget = (): void => {
    set.delete(tracked)
  }
  const tracked: Promise<unknown> = work.then(forget, forget)
  set.add(tracked)
}
