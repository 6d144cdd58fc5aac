import { concatBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { NewPack } from '../commit/pending.ts'
import type { SealedPack } from '../engine/engine.ts'
import { PackShards } from './pack-shards.ts'
import type { OrderedSend } from './pack-shards.ts'
import type { SendParts } from './shard-send.ts'
import { tooFewShards } from './too-few-shards.ts'

export type LateShard = NewPack['shards'][number] & {
  readonly pack: string
  readonly generation: number
}

export interface SentPack {
  /** As it is to be registered: with the receipts there are. */
  readonly pack: NewPack
  readonly written: number
  readonly wanted: number
  /** Shards that are still being sent. */
  readonly underWay: number
  /** Those that became durable later; settles, never rejecting, when nothing is under way any more. */
  readonly late: Promise<LateShard[]>
}

/** Sends the shards of one pack to their nodes and waits as ARCHITECTURE.md says under "Waiting". */
export async function sendPack(
  parts: SendParts,
  sealed: SealedPack,
  options: OrderedSend,
): Promise<SentPack> {
  parts.cluster.keepCurrent()
  const sending = new Sending(parts, sealed, options)
  try {
    await sending.enough()
  } catch (error) {
    // The caller takes the slot back: nothing may read from it any more.
    await sending.end()
    throw error
  }
  return sending.sent()
}

class Sending {
  readonly #parts: SendParts
  readonly #sealed: SealedPack
  readonly #options: OrderedSend
  readonly #shards: PackShards
  readonly #startMs: number
  /** Receipts that `sent` has given out. */
  #given = new Set<number>()

  constructor(parts: SendParts, sealed: SealedPack, options: OrderedSend) {
    this.#parts = parts
    this.#sealed = sealed
    this.#options = options
    this.#startMs = this.#clock.monotonicMs()
    this.#shards = new PackShards(parts, sealed, options)
  }

  get #clock(): Clock {
    return this.#parts.session.world.clock
  }

  /** Resolves when the pack may be registered. Throws TOO_FEW_NODES when it never can. */
  async enough(): Promise<void> {
    const shards = this.#shards
    while (!shards.isEnough) {
      if (shards.broken) throw shards.broken.error
      shards.askMore()
      if (shards.open.length === 0) throw this.#tooFew()
      await this.#progress(undefined)
    }
    const thresholdMs = this.#clock.monotonicMs() - this.#startMs
    const leaveMs = Math.max(limits.stallMinMs, thresholdMs * 2)
    while (shards.open.length > 0) {
      const leftMs = this.#startMs + leaveMs - this.#clock.monotonicMs()
      if (leftMs <= 0) break
      await this.#progress(leftMs)
    }
    for (const { node } of shards.open) this.#parts.cluster.dawdled(node)
  }

  /** Resolves when no shard is under way any more. */
  end(): Promise<void> {
    return this.#shards.end()
  }

  sent(): SentPack {
    const { order, vault } = this.#options
    const { packLength, dataRoots, chunks } = this.#sealed
    const { all, durable, open } = this.#shards
    const { newestGeneration } = vault.keys
    this.#given = new Set(durable.map(({ index }) => index))
    return {
      pack: {
        pack: order.pack.toHex(),
        code: 1,
        k: order.k,
        m: order.m,
        packLength,
        generation: order.generation,
        dataRoots: concatBytes(dataRoots),
        chunks: chunks.map(({ id, offset, length }) => ({
          id,
          offset,
          length,
          generation: newestGeneration,
        })),
        shards: all.map(({ row }) => row),
      },
      written: durable.length,
      wanted: all.length,
      underWay: open.length,
      late: this.#late(),
    }
  }

  async #late(): Promise<LateShard[]> {
    await this.end()
    const { order } = this.#options
    const pack = order.pack.toHex()
    return this.#shards.durable
      .filter(({ index }) => !this.#given.has(index))
      .map(({ row }) => ({ ...row, pack, generation: order.generation }))
  }

  /** Resolves when a shard is settled, or after so long. */
  #progress(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#shards.onSettled = () => {}
        timer?.cancel()
        resolve()
      }
      const timer = timeoutMs === undefined ? undefined : this.#clock.timer(timeoutMs, wake)
      this.#shards.onSettled = wake
    })
  }

  #tooFew(): HoldfastError {
    const { threshold, vault, signal } = this.#options
    if (signal?.aborted) return new HoldfastError('INTERRUPTED', 'Storing was interrupted')
    return tooFewShards({
      policy: vault.policy,
      threshold,
      written: this.#shards.durable.length,
      down: this.#parts.cluster.down,
      ...this.#parts.cluster.readOnly,
      errors: this.#shards.errors,
    })
  }
}
