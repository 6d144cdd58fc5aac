import { assert } from '../../base/assert.ts'
import { concatBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { headerBytes } from '../../core/shard.ts'
import { placeShards } from '../../core/placement.ts'
import { verifyReceipt } from '../../core/receipt.ts'
import type { Cluster } from '../cluster.ts'
import type { NewPack } from '../commit/pending.ts'
import type { Engine, PackOrder, SealedPack } from '../engine/engine.ts'
import type { Session } from '../session.ts'
import type { OpenVault } from '../vaults.ts'
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

export interface SendOptions {
  readonly vault: OpenVault
  /** Shards that must be durable. */
  readonly threshold: number
  readonly signal?: AbortSignal | undefined
}

interface ShardState {
  readonly index: number
  /** Where it is, or is wanted. */
  node: string
  receipt: Uint8Array | undefined
  /** `left-out`: its node is asked only when the threshold cannot be met without it. */
  state: 'left-out' | 'under-way' | 'settled'
}

interface SendParts {
  readonly session: Session
  readonly cluster: Cluster
  readonly engine: Engine
}

/** Sends the shards of one pack to their nodes and waits as ARCHITECTURE.md says under "Waiting". */
export async function sendPack(
  parts: SendParts,
  sealed: SealedPack,
  options: SendOptions & { readonly order: PackOrder },
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
  readonly #session: Session
  readonly #cluster: Cluster
  readonly #engine: Engine
  readonly #sealed: SealedPack
  readonly #options: SendOptions & { readonly order: PackOrder }
  readonly #shards: ShardState[]
  readonly #underWay = new Set<Promise<void>>()
  readonly #errors: HoldfastError[] = []
  readonly #startMs: number
  #wake: () => void = () => {}
  #broken: { readonly error: unknown } | undefined
  /** Receipts that `sent` has given out. */
  #given = new Set<number>()

  constructor(
    parts: SendParts,
    sealed: SealedPack,
    options: SendOptions & { readonly order: PackOrder },
  ) {
    this.#session = parts.session
    this.#cluster = parts.cluster
    this.#engine = parts.engine
    this.#sealed = sealed
    this.#options = options
    this.#startMs = this.#clock.monotonicMs()
    const places = placeShards(this.#session.world.primitives, {
      nodes: this.#cluster.placementNodes(),
      pack: options.order.pack,
      policy: options.vault.policy,
    })
    this.#shards = places.map(({ node, up }, index) => ({
      index,
      node,
      receipt: undefined,
      state: up ? 'under-way' : 'left-out',
    }))
    for (const shard of this.#open) this.#begin(shard)
    this.#askMore()
  }

  get #clock(): Clock {
    return this.#session.world.clock
  }

  /** Resolves when the pack may be registered. Throws TOO_FEW_NODES when it never can. */
  async enough(): Promise<void> {
    while (!this.#isEnough) {
      if (this.#broken) throw this.#broken.error
      if (this.#open.length === 0) throw this.#tooFew()
      await this.#progress(undefined)
    }
    const thresholdMs = this.#clock.monotonicMs() - this.#startMs
    const leaveMs = Math.max(limits.stallMinMs, thresholdMs * 2)
    while (this.#open.length > 0) {
      const leftMs = this.#startMs + leaveMs - this.#clock.monotonicMs()
      if (leftMs <= 0) break
      await this.#progress(leftMs)
    }
    for (const { node } of this.#open) this.#cluster.dawdled(node)
  }

  /** Resolves when no shard is under way any more. */
  async end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  sent(): SentPack {
    const { order } = this.#options
    this.#given = new Set(this.#durable.map(({ index }) => index))
    return {
      pack: {
        pack: order.pack.toHex(),
        code: 1,
        k: order.k,
        m: order.m,
        packLength: this.#sealed.packLength,
        generation: order.generation,
        dataRoots: concatBytes(this.#sealed.dataRoots),
        chunks: this.#sealed.chunks.map(({ id, offset, length }) => ({
          id,
          offset,
          length,
          generation: this.#options.vault.keys.newestGeneration,
        })),
        shards: this.#shards.map(shardRow),
      },
      written: this.#durable.length,
      wanted: this.#shards.length,
      underWay: this.#open.length,
      late: this.#late(),
    }
  }

  async #late(): Promise<LateShard[]> {
    await this.end()
    const { order } = this.#options
    return this.#durable
      .filter(({ index }) => !this.#given.has(index))
      .map((shard) => ({
        ...shardRow(shard),
        pack: order.pack.toHex(),
        generation: order.generation,
      }))
  }

  get #durable(): ShardState[] {
    return this.#shards.filter(({ receipt }) => receipt !== undefined)
  }

  get #open(): ShardState[] {
    return this.#shards.filter(({ state }) => state === 'under-way')
  }

  /** The threshold, in as many zones as can be reached: what the coordinator will ask for. */
  get #isEnough(): boolean {
    const { threshold } = this.#options
    if (this.#durable.length < threshold) return false
    const usable = this.#cluster.nodes.filter(({ node }) => this.#cluster.canWrite(node))
    const reached = new Set(this.#durable.map(({ node }) => this.#cluster.node(node)?.zone))
    return reached.size >= Math.min(threshold, new Set(usable.map(({ zone }) => zone)).size)
  }

  #begin(shard: ShardState): void {
    shard.state = 'under-way'
    const settled = this.#settle(shard).finally(() => this.#underWay.delete(settled))
    this.#underWay.add(settled)
  }

  async #settle(shard: ShardState): Promise<void> {
    try {
      await this.#sendShard(shard)
    } catch (error) {
      this.#broken ??= { error }
    }
    shard.state = 'settled'
    this.#askMore()
    this.#wake()
  }

  /** Nodes that were left out are asked after all when it cannot be enough without them. */
  #askMore(): void {
    const { threshold, signal } = this.#options
    if (signal?.aborted) return
    for (const shard of this.#shards) {
      if (this.#durable.length + this.#open.length >= threshold) return
      if (shard.state === 'left-out' && this.#cluster.canWrite(shard.node)) this.#begin(shard)
    }
  }

  /** To its node, or to a spare one when that fails and there is one. */
  async #sendShard(shard: ShardState): Promise<void> {
    const tried = new Set<string>()
    for (;;) {
      tried.add(shard.node)
      if (await this.#attempt(shard)) return
      const spare = this.#spare(shard, tried)
      if (spare === undefined || this.#options.signal?.aborted) return
      shard.node = spare
    }
  }

  async #attempt(shard: ShardState): Promise<boolean> {
    const { order, vault, signal } = this.#options
    const { node, index } = shard
    const root = this.#sealed.roots[index]!
    const requests = this.#cluster.requests(node)
    assert(requests !== undefined, 'a shard is placed on a node of the map')
    try {
      const receipt = await requests.put(
        {
          shard: { pack: order.pack, index, placementGeneration: order.generation },
          vault: vault.keys.vault,
        },
        { root, blocks: this.#blocks(index), signal },
      )
      verifyReceipt(this.#session.world.primitives, receipt, {
        nodeKey: this.#cluster.node(node)!.publicKey,
        pack: order.pack,
        index,
        generation: order.generation,
        root,
      })
      shard.receipt = receipt
      if (this.#isInTime) this.#cluster.served(node)
      return true
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#errors.push(error)
      if (!signal?.aborted) this.#cluster.failed(node, error)
      return false
    }
  }

  #blocks(index: number): Uint8Array[] {
    const { shardsAt, shardLength, headers } = this.#sealed
    const header = headers[index]!
    assert(header.length === headerBytes, 'a header has its length')
    const at = shardsAt + index * shardLength
    return [header, this.#engine.memory.subarray(at, at + shardLength)]
  }

  get #isInTime(): boolean {
    return this.#clock.monotonicMs() - this.#startMs < limits.stallMinMs
  }

  /**
   * A node that would take the shard and holds, and will hold, none of this pack: in the zone with the fewest
   * others, as a pack may need each zone that can be reached.
   */
  #spare(lost: ShardState, tried: ReadonlySet<string>): string | undefined {
    const taken = new Set(this.#shards.map(({ node }) => node))
    const others = this.#shards.filter((shard) => shard !== lost)
    const inZone = (zone: string): number =>
      others.filter(({ node }) => this.#cluster.node(node)?.zone === zone).length
    const free = this.#cluster.nodes.filter(
      ({ node }) => this.#cluster.canWrite(node) && !taken.has(node) && !tried.has(node),
    )
    return free.toSorted((left, right) => inZone(left.zone) - inZone(right.zone))[0]?.node
  }

  #progress(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        timeoutMs === undefined ? undefined : this.#clock.timer(timeoutMs, () => this.#wake())
      this.#wake = () => {
        this.#wake = () => {}
        timer?.cancel()
        resolve()
      }
    })
  }

  #tooFew(): HoldfastError {
    const { threshold, vault, signal } = this.#options
    if (signal?.aborted) return new HoldfastError('INTERRUPTED', 'Storing was interrupted')
    return tooFewShards({
      policy: vault.policy,
      threshold,
      written: this.#durable.length,
      down: this.#cluster.down,
      errors: this.#errors,
    })
  }
}

function shardRow({ index, node, receipt }: ShardState): NewPack['shards'][number] {
  return receipt === undefined ? { index, node } : { index, node, receipt }
}
