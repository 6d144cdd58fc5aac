/** Where shards that are missing should be written now. */
import type { Id } from '../../catalogue/ids.ts'
import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import { label, labelledHash } from '../../core/hashing.ts'
import type { NodeNow } from '../cluster/cluster.ts'
import type { CoordinatorContext } from '../context.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import type { FaultyShard, PlacedShard } from './pack-reader.ts'

const orderLabel = label('heal order')

export interface HealTarget {
  readonly shard: PlacedShard
  readonly node: Id
}

/**
 * A target for each missing shard that can have one: the node where it is wanted, or another when that one
 * has been away for `repairGraceMs`, is evicted, or cannot write. No node gets two shards of a pack.
 */
export function targetsOf(
  context: CoordinatorContext,
  pack: PackPlaces,
  faulty: readonly FaultyShard[] = [],
): HealTarget[] {
  const broken = new Set(faulty.map(({ shard }) => shard.index))
  const wanted = pack.shards.filter(
    ({ index, state }) => state === 'missing' || state === 'lost' || broken.has(index),
  )
  const taken = new Set(pack.shards.map(({ node }) => node))
  const targets: HealTarget[] = []
  for (const shard of wanted) {
    const node = targetOf(context, { pack, shard, taken })
    if (node === undefined) continue
    taken.add(node)
    targets.push({ shard, node })
  }
  return targets
}

interface TargetWish {
  readonly pack: PackPlaces
  readonly shard: PlacedShard
  readonly taken: ReadonlySet<Id>
}

function targetOf(context: CoordinatorContext, wish: TargetWish): Id | undefined {
  const { shard } = wish
  const own = context.cluster.node(shard.node)
  if (own && canWrite(own)) return shard.node
  const patience = context.limits.repairGraceMs
  const away = own === undefined || context.clock.monotonicMs() - own.heardMs >= patience
  const unable = own?.state !== 'active' || own.up
  const longMissing = context.clock.nowMs() - shard.sinceMs >= patience
  return longMissing && (away || unable) ? otherNode(context, wish) : undefined
}

/** `draining` nodes keep what they have and get nothing new. */
function canWrite({ state, said, up }: NodeNow): boolean {
  return up && state === 'active' && (said === undefined || said.store === 'serving')
}

/** In the zone with the fewest shards of this pack; among those, by a hash that spreads packs evenly. */
function otherNode(
  { cluster, primitives }: CoordinatorContext,
  { pack, taken }: TargetWish,
): Id | undefined {
  const perZone = new Map<string, number>()
  for (const { node } of pack.shards) {
    const zone = cluster.row(node)?.zone
    if (zone !== undefined) perZone.set(zone, (perZone.get(zone) ?? 0) + 1)
  }
  const ranked = cluster
    .nodes()
    .filter((node) => canWrite(node) && !taken.has(node.node))
    .map(({ node, zone }) => {
      const [draw = 0] = labelledHash(primitives, orderLabel, idToBytes(pack.pack), idToBytes(node))
      return { node, rank: (perZone.get(zone) ?? 0) * 256 + draw }
    })
    .toSorted((left, right) => left.rank - right.rank)
  return ranked[0]?.node
}
