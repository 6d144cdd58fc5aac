import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { placeShards } from '../../core/placement.ts'
import type { NewPack } from '../commit/pending.ts'
import type { PackOrder, SealedPack } from '../engine/engine.ts'
import type { OpenVault } from '../vaults.ts'
import { isEnough, placementNodes, spareFor, toMove, toSendNow } from './shard-choice.ts'
import type { ChosenShard, ShardChoice } from './shard-choice.ts'
import { sendShard } from './shard-send.ts'
import type { SendParts } from './shard-send.ts'

export interface SendOptions {
  readonly vault: OpenVault
  /** Shards that must be durable. */
  readonly threshold: number
  readonly signal?: AbortSignal | undefined
}

export type OrderedSend = SendOptions & { readonly order: PackOrder }

export class SentShard implements ChosenShard {
  readonly index: number
  node: string
  state: ChosenShard['state'] = 'left-out'
  receipt: Uint8Array | undefined

  constructor(index: number, node: string) {
    this.index = index
    this.node = node
  }

  get isDurable(): boolean {
    return this.receipt !== undefined
  }

  /** As it is registered. */
  get row(): NewPack['shards'][number] {
    const { index, node, receipt } = this
    return receipt === undefined ? { index, node } : { index, node, receipt }
  }
}

/** The shards of one pack on their ways: each to its node, or to another that takes it. */
export class PackShards {
  readonly all: readonly SentShard[]
  /** What nodes failed with. */
  readonly errors: HoldfastError[] = []
  /** A defect. */
  broken: { readonly error: unknown } | undefined
  /** Called when a shard is settled. */
  onSettled: () => void = () => {}
  readonly #parts: SendParts
  readonly #sealed: SealedPack
  readonly #options: OrderedSend
  readonly #startMs: number
  readonly #underWay = new Set<Promise<void>>()
  /** Nodes that were asked to take a shard that lay elsewhere. */
  readonly #movedTo = new Set<string>()

  /** Sends to the nodes of the pack's places that are up. */
  constructor(parts: SendParts, sealed: SealedPack, options: OrderedSend) {
    const { order, vault } = options
    this.#parts = parts
    this.#sealed = sealed
    this.#options = options
    this.#startMs = this.#clock.monotonicMs()
    const places = placeShards(parts.session.world.primitives, {
      nodes: placementNodes(this.#choice),
      pack: order.pack,
      policy: vault.policy,
    })
    this.all = places.map(({ index, node }) => new SentShard(index, node))
    for (const { index, up } of places) if (up) this.#begin(this.all[index]!)
  }

  get durable(): SentShard[] {
    return this.all.filter(({ isDurable }) => isDurable)
  }

  get open(): SentShard[] {
    return this.all.filter(({ state }) => state === 'under-way')
  }

  /** Whether the durable ones are what the coordinator will ask for. */
  get isEnough(): boolean {
    const holders = this.durable.map(({ node }) => node)
    return isEnough(this.#choice, holders)
  }

  /** Asks nodes that were left out, or whose zone came back, when it cannot be enough without them. */
  askMore(): void {
    if (this.#options.signal?.aborted) return
    for (const { index } of toSendNow(this.#choice, this.all)) this.#begin(this.all[index]!)
    if (this.open.length > 0) return
    const move = toMove(this.#choice, this.all, this.#movedTo)
    if (!move) return
    this.#movedTo.add(move.node)
    const shard = this.all[move.shard.index]!
    this.#follow(shard, () => this.#attempt(shard, move.node))
  }

  /** Resolves when no shard is under way any more. */
  async end(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  get #clock(): Clock {
    return this.#parts.session.world.clock
  }

  get #choice(): ShardChoice {
    return { threshold: this.#options.threshold, nodes: this.#parts.cluster.writers() }
  }

  #begin(shard: SentShard): void {
    this.#follow(shard, () => this.#send(shard))
  }

  #follow(shard: SentShard, work: () => Promise<unknown>): void {
    shard.state = 'under-way'
    const settled = this.#settle(shard, work).finally(() => this.#underWay.delete(settled))
    this.#underWay.add(settled)
  }

  async #settle(shard: SentShard, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.broken ??= { error }
    }
    shard.state = 'settled'
    this.onSettled()
  }

  /** To its node, or to a spare one when that fails and there is one. */
  async #send(shard: SentShard): Promise<void> {
    const tried = new Set<string>()
    for (;;) {
      tried.add(shard.node)
      if (await this.#attempt(shard, shard.node)) return
      const spare = spareFor(this.#choice, this.all, { shard, tried })
      if (spare === undefined || this.#options.signal?.aborted) return
      shard.node = spare
    }
  }

  async #attempt(shard: SentShard, node: string): Promise<boolean> {
    const { cluster } = this.#parts
    const { order, vault, signal } = this.#options
    const { index } = shard
    const send = { sealed: this.#sealed, order, vault: vault.keys.vault, index, node, signal }
    try {
      shard.receipt = await sendShard(this.#parts, send)
      shard.node = node
      if (this.#isInTime) cluster.served(node)
      return true
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.errors.push(error)
      if (!signal?.aborted) cluster.failed(node, error)
      return false
    }
  }

  get #isInTime(): boolean {
    return this.#clock.monotonicMs() - this.#startMs < limits.stallMinMs
  }
}
