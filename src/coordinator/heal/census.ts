/**
 * Counting what a node holds: pages of its list against the rows, until its end. What no row expects is
 * gathered and handed over only when the node was listed to the end.
 */
import { toHex } from '../../base/bytes.ts'
import type { HeldShard, Id, ShardKey } from '../../catalogue/catalogue.ts'
import type { ListedShard } from '../../wire/shard-requests.ts'
import { requestsTo, shardIdOf, type NodesWorld } from '../nodes-world.ts'

export type Stranger = HeldShard & { readonly packKnown: boolean }

/** A node listed to its end. */
export interface CensusResult {
  readonly node: Id
  /** Shards the node listed. */
  readonly listed: number
  /** Of those no row expects, the first `strangersKept`. */
  readonly strangers: readonly Stranger[]
  readonly strangersCounted: number
  readonly missing: number
}

interface Progress {
  after: ShardKey | undefined
  listed: number
  strangers: Stranger[]
  strangersCounted: number
  missing: number
}

export class Census {
  readonly #world: NodesWorld
  readonly #finished: (result: CensusResult) => void
  /** In order of wish. */
  readonly #wanted = new Map<Id, Progress>()

  constructor(world: NodesWorld, finished: (result: CensusResult) => void) {
    this.#world = world
    this.#finished = finished
  }

  /** From the beginning, also when one is under way: the store may be another by now. */
  want(node: Id): void {
    this.#wanted.set(node, {
      after: undefined,
      listed: 0,
      strangers: [],
      strangersCounted: 0,
      missing: 0,
    })
  }

  /** One page of a node that is up. False when there is none to do. Throws what the node answers. */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { cluster } = this.#world.context
    for (const [node, progress] of this.#wanted) {
      if (cluster.node(node)?.up !== true) continue
      await this.#page(node, progress, signal)
      return true
    }
    return false
  }

  async #page(node: Id, progress: Progress, signal?: AbortSignal): Promise<void> {
    const { catalogue, clock, limits } = this.#world.context
    const { after } = progress
    const askedMs = clock.nowMs()
    const requests = requestsTo(this.#world, node)
    const answer = await requests?.list({
      after: after && shardIdOf(after),
      most: limits.listShardsMax,
      signal,
    })
    const held = answer?.shards.map(heldShard) ?? []
    const upTo = answer?.more === true ? held.at(-1) : undefined
    const { missing, strangers } = await catalogue.census({ node, after, upTo, held, askedMs })
    progress.listed += held.length
    progress.missing += missing
    progress.strangersCounted += strangers.length
    const room = limits.collectShardsMax - progress.strangers.length
    progress.strangers.push(...strangers.slice(0, room))
    progress.after = upTo
    if (upTo === undefined) this.#finish(node, progress)
  }

  #finish(node: Id, progress: Progress): void {
    // Not when it was wished for again meanwhile.
    if (this.#wanted.get(node) !== progress) return
    this.#wanted.delete(node)
    const { listed, missing, strangersCounted } = progress
    const { logger } = this.#world.context
    logger.info('census finished', { node, listed, missing, strangers: strangersCounted })
    this.#finished({ node, ...progress })
  }
}

function heldShard({ shard, vault, recordNumber, ageMs, root }: ListedShard): HeldShard {
  return {
    pack: toHex(shard.pack),
    index: shard.index,
    generation: shard.placementGeneration,
    vault: toHex(vault),
    recordNumber,
    ageMs,
    root: root.slice(),
  }
}
