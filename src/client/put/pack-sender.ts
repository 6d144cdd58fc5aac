import { assert } from '../../base/assert.ts'
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

export type LateShard = NewPack['shards'][number] & {
  readonly pack: string
  readonly generation: number
}

export interface SentPack {
  /** As it is to be registered: with the receipts there are. */
  readonly pack: NewPack
  readonly written: number
  readonly wanted: number
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
  settled: boolean
}

/** Sends the shards of one pack to their nodes and waits as ARCHITECTURE.md says under "Waiting". */
export async function sendPack(
  parts: { readonly session: Session; readonly cluster: Cluster; readonly engine: Engine },
  sealed: SealedPack,
  options: SendOptions & { readonly order: PackOrder },
): Promise<SentPack> {
  const sending = new Sending(parts, sealed, options)
  await sending.enough()
  return sending.sent()
}

class Sending {
  readonly #session: Session
  readonly #cluster: Cluster
  readonly #engine: Engine
  readonly #sealed: SealedPack
  readonly #options: SendOptions & { readonly order: PackOrder }
  readonly #shards: ShardState[]
  readonly #all: Promise<void>
  readonly #errors: HoldfastError[] = []
  readonly #startMs: number
  #wake: () => void = () => {}
  /** Receipts that `sent` has given out. */
  #given = new Set<number>()

  constructor(
    parts: { readonly session: Session; readonly cluster: Cluster; readonly engine: Engine },
    sealed: SealedPack,
    options: SendOptions & { readonly order: PackOrder },
  ) {
    this.#session = parts.session
    this.#cluster = parts.cluster
    this.#engine = parts.engine
    this.#sealed = sealed
    this.#options = options
    this.#startMs = this.#clock.monotonicMs()
    const nodes = this.#cluster.placementNodes()
    const places = placeShards(this.#session.world.primitives, {
      nodes,
      pack: options.order.pack,
      policy: options.vault.policy,
    })
    this.#shards = places.map(({ node }, index) => ({
      index,
      node,
      receipt: undefined,
      settled: false,
    }))
    this.#all = this.#sendAll()
  }

  get #clock(): Clock {
    return this.#session.world.clock
  }

  /** Resolves when the pack may be registered. Throws TOO_FEW_NODES when it never can. */
  async enough(): Promise<void> {
    while (this.#durable.length < this.#options.threshold) {
      if (this.#open === 0) throw this.#tooFew()
      await this.#progress(undefined)
    }
    const thresholdMs = this.#clock.monotonicMs() - this.#startMs
    const leaveMs = Math.max(limits.stallMinMs, thresholdMs * 2)
    while (this.#open > 0) {
      const leftMs = this.#startMs + leaveMs - this.#clock.monotonicMs()
      if (leftMs <= 0) return
      await this.#progress(leftMs)
    }
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
        dataRoots: joined(this.#sealed.dataRoots),
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
      late: this.#late(),
    }
  }

  async #late(): Promise<LateShard[]> {
    await this.#all
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

  get #open(): number {
    return this.#shards.filter(({ settled }) => !settled).length
  }

  async #sendAll(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => this.#sendShard(shard)))
  }

  /** To its node, or to a spare one when that fails and there is one. */
  async #sendShard(shard: ShardState): Promise<void> {
    const tried = new Set<string>()
    for (;;) {
      if (this.#cluster.isUp(shard.node)) {
        tried.add(shard.node)
        if (await this.#attempt(shard)) break
      }
      const spare = this.#spare(tried)
      if (spare === undefined || this.#options.signal?.aborted) break
      shard.node = spare
    }
    shard.settled = true
    this.#wake()
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
      return true
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.#errors.push(error)
      this.#cluster.failed(node, error)
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

  /** A node that is up and holds, and will hold, no shard of this pack. */
  #spare(tried: ReadonlySet<string>): string | undefined {
    const taken = new Set(this.#shards.map(({ node }) => node))
    return this.#cluster.nodes.find(
      ({ node, state }) =>
        state === 'up' && this.#cluster.isUp(node) && !taken.has(node) && !tried.has(node),
    )?.node
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
    const { k, m } = vault.policy
    const written = this.#durable.length
    const down = this.#cluster.down
    const space = this.#errors.find(({ code }) => code === 'NO_SPACE')
    if (space) return space
    const missing = down.length > 0 ? `; not there: ${down.join(', ')}` : ''
    return new HoldfastError(
      'TOO_FEW_NODES',
      `Cannot store durably at ${k}+${m}: ${written} of ${threshold} needed shards were written${missing}`,
      {
        hint:
          threshold > k && written >= k
            ? `A further loss would not be survived: bring nodes back, or accept that with --min-shards ${Math.max(k, written)}`
            : 'Bring nodes back; see holdfast status',
        details: { written, threshold, down },
        cause: this.#errors[0],
      },
    )
  }
}

function shardRow({ index, node, receipt }: ShardState): NewPack['shards'][number] {
  return receipt === undefined ? { index, node } : { index, node, receipt }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.length * 32)
  for (const [at, part] of parts.entries()) whole.set(part, at * 32)
  return whole
}
