/**
 * Shards that nodes hold and no row expects. First phase: a census to the node's end, and the packs nobody
 * registered are made dead, durably, so that nobody can register them any more. Second phase: their shards
 * are deleted by the record number that the census saw.
 */
import type { Id } from '../../catalogue/ids.ts'
import type { CensusResult, Stranger } from '../heal/census.ts'
import type { NodesWorld } from '../nodes-world.ts'
import { deleteShards, isQuarantined, type ShardToDelete } from './node-deletes.ts'

type StrangerAt = Stranger & ShardToDelete

export class Strangers {
  readonly #world: NodesWorld
  readonly #waiting = new Map<Id, StrangerAt[]>()
  /** Nodes with more strangers than one census hands over. */
  readonly #more = new Set<Id>()
  /** Called when those that were handed over are gone through, and there are more. */
  onMore: (node: Id) => void = () => {}

  constructor(world: NodesWorld) {
    this.#world = world
  }

  /** Takes over what a census found, unless it is far more than interrupted work leaves behind. */
  found(result: CensusResult): void {
    const { logger, notices } = this.#world.context
    const { node, listed, strangersCounted } = result
    const strangers = result.strangers
      .map((shard) => ({ ...shard, node }))
      .filter((shard) => !isQuarantined(this.#world, shard))
    const count = strangersCounted - (result.strangers.length - strangers.length)
    if (this.#areTooMany(result, count)) {
      logger.error('shards are kept: too many are unknown', { node, listed, strangers: count })
      notices.set({ kind: 'strangers-kept', node, shards: count })
      return
    }
    notices.clear({ kind: 'strangers-kept', node })
    if (count > strangers.length && strangers.length > 0) this.#more.add(node)
    this.#wait(node, strangers)
  }

  /**
   * Far more than interrupted work leaves, or all there is at a node that misses what it should have; unless the
   * operator allows any number.
   */
  #areTooMany({ listed, missing }: CensusResult, count: number): boolean {
    const { limits, unknownShards } = this.#world.context
    if (count * 2 <= listed || unknownShards === 'collect') return false
    return count > limits.collectFewShards || (count === listed && missing > 0)
  }

  /** Deletes one batch at one node that is up. Returns how many were gone through. */
  async collect(signal?: AbortSignal): Promise<number> {
    const { cluster, limits } = this.#world.context
    for (const [node, shards] of this.#waiting) {
      if (cluster.node(node)?.up !== true) continue
      const batch = shards.slice(0, limits.collectBatchMax)
      await deleteShards(this.#world, await this.#deletable(batch), signal)
      this.#wait(node, shards.slice(batch.length))
      return batch.length
    }
    return 0
  }

  #wait(node: Id, shards: StrangerAt[]): void {
    if (shards.length > 0) this.#waiting.set(node, shards)
    else {
      this.#waiting.delete(node)
      if (this.#more.delete(node)) this.onMore(node)
    }
  }

  async #deletable(batch: readonly StrangerAt[]): Promise<StrangerAt[]> {
    const { catalogue } = this.#world.context
    const free = batch.filter((shard) => !isQuarantined(this.#world, shard))
    const unknown = new Set(free.filter(({ packKnown }) => !packKnown).map(({ pack }) => pack))
    const dead = new Set(await catalogue.killUnknownPacks([...unknown]))
    const superfluous = await this.#superfluous(free.filter(({ packKnown }) => packKnown))
    return free.filter((shard) => dead.has(shard.pack) || superfluous.has(shard))
  }

  /** Of live packs: those with wrong bytes, and those whose row has a durable shard elsewhere. */
  async #superfluous(batch: readonly StrangerAt[]): Promise<Set<StrangerAt>> {
    const { catalogue } = this.#world.context
    const packs = await catalogue.packPlaces([...new Set(batch.map(({ pack }) => pack))])
    const rows = new Map(packs.map((pack) => [pack.pack, pack]))
    const isSuperfluous = (shard: StrangerAt): boolean => {
      const row = rows.get(shard.pack)
      if (shard.wrong) return true
      if (row === undefined) return false
      if (shard.generation !== row.generation) return shard.generation < row.generation
      const place = row.shards.find(({ index }) => index === shard.index)
      return place?.state === 'durable' && place.node !== shard.node
    }
    return new Set(batch.filter(isSuperfluous))
  }
}
