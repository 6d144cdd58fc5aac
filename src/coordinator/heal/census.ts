/**
 * Counting what a node holds: pages of its list against the rows, until its end. A shard counts only with the
 * root that follows from its pack's registration. What no row expects is gathered and handed over only when
 * the node was listed to the end.
 */
import { equalBytes, isZero, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { HeldShard, ShardKey } from '../../catalogue/rows/packs.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { ListedShard } from '../../wire/shard-requests.ts'
import { createPace } from '../pace.ts'
import { packIdentities } from '../pack-roots.ts'
import { requestsTo, shardIdOf, type NodesWorld } from '../nodes-world.ts'

/** `wrong`: under the id of a registered shard, but with other bytes. */
export type Stranger = HeldShard & { readonly packKnown: boolean; readonly wrong: boolean }

/** A node listed to its end. */
export interface CensusResult {
  readonly node: Id
  /** Shards the node listed. */
  readonly listed: number
  /** Of those no row expects, the first `collectShardsMax` that are old enough to be collected. */
  readonly strangers: readonly Stranger[]
  /** All that are old enough. */
  readonly strangersCounted: number
  readonly missing: number
}

interface Progress {
  after: ShardKey | undefined
  listed: number
  strangers: Stranger[]
  strangersCounted: number
  missing: number
  /** By the monotonic clock: not asked before, since it failed. */
  restUntilMs: number
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
      restUntilMs: 0,
    })
  }

  /** One page of a node that is up. False when there is none to do. A node that fails keeps no other waiting. */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { clock, cluster } = this.#world.context
    const up = new Set(cluster.up())
    for (const [node, progress] of this.#wanted) {
      if (isGone(this.#world, node)) {
        await this.#countNothing(node)
        return true
      }
      if (!up.has(node) || clock.monotonicMs() < progress.restUntilMs) continue
      try {
        await this.#page(node, progress, signal)
        return true
      } catch (error) {
        if (signal?.aborted === true || !(error instanceof HoldfastError)) throw error
        this.#rest(node, progress, error)
      }
    }
    return false
  }

  /** As if it had listed nothing: what it held is wanted elsewhere. Should it answer after all, it is counted. */
  async #countNothing(node: Id): Promise<void> {
    const { catalogue, logger } = this.#world.context
    this.#wanted.delete(node)
    const range = { node, after: undefined, upTo: undefined }
    const { missing } = await catalogue.census({ ...range, held: [] })
    logger.warn('what an evicted node held is gone', { node, missing })
  }

  /** Goes on with the page that failed, after the others. */
  #rest(node: Id, progress: Progress, { code }: HoldfastError): void {
    const { clock, limits, logger } = this.#world.context
    logger.info('census waits for its node', { node, code })
    if (this.#wanted.get(node) !== progress) return
    progress.restUntilMs = clock.monotonicMs() + limits.censusRestMs
    this.#wanted.delete(node)
    this.#wanted.set(node, progress)
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
    const wrong = await wrongShards(this.#world, held)
    const right = held.filter((shard) => !wrong.has(shard))
    const counted = await catalogue.census({ node, after, upTo, held: right, askedMs })
    progress.listed += held.length
    progress.missing += counted.missing
    const strangers = [
      ...counted.strangers
        .filter(({ ageMs }) => ageMs >= limits.collectGraceMs)
        .map((shard) => ({ ...shard, wrong: false })),
      ...[...wrong].map((shard) => ({ ...shard, packKnown: true, wrong: true })),
    ]
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

/** Whether the operator left the node out, and it is not there either. */
function isGone({ context }: NodesWorld, node: Id): boolean {
  const { clock, cluster, limits } = context
  const now = cluster.node(node)
  if (now?.state !== 'evicted' || now.up) return false
  return clock.monotonicMs() - now.heardMs >= limits.repairGraceMs
}

/** Those of a registered pack whose root is not the one that follows from its registration. */
async function wrongShards(
  { context }: NodesWorld,
  held: readonly HeldShard[],
): Promise<Set<HeldShard>> {
  const { catalogue, clock, primitives } = context
  const rows = await catalogue.packPlaces([...new Set(held.map(({ pack }) => pack))])
  const perPack = Map.groupBy(held, ({ pack }) => pack)
  const pace = createPace(clock)
  const wrong = new Set<HeldShard>()
  for (const row of rows) {
    const identities = packIdentities(primitives, row)
    for (const shard of perPack.get(row.pack) ?? []) {
      const root = identities[shard.index]?.root
      // Damaged, or not to be read just now: no reason to delete it
      if (shard.generation !== row.generation || isZero(shard.root)) continue
      if (root === undefined || !equalBytes(root, shard.root)) wrong.add(shard)
    }
    await pace()
  }
  return wrong
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
