/**
 * Shards that readers found wrong. The word of a reader proves nothing: each is read here as a whole, twice
 * if need be, and only one whose bytes differ from its registration, or that its node cannot give, is marked
 * missing and rebuilt. Not so when too few others are left to rebuild it from: then the way may be what is
 * wrong, and all that a mark would do is to keep readers from what may be there.
 */
import type { Id } from '../../catalogue/ids.ts'
import type { NodesWorld } from '../nodes-world.ts'
import { readShard } from './pack-reader.ts'

/** Looks at the next suspect. False when there is none. */
export async function lookAtSuspect(world: NodesWorld, signal?: AbortSignal): Promise<boolean> {
  const suspect = world.context.suspects.take()
  if (suspect === undefined) return false
  const { catalogue, cluster, logger } = world.context
  const { pack: id, index, generation } = suspect
  const [pack] = await catalogue.packPlaces([id])
  const shard = pack?.shards.find((one) => one.index === index)
  if (pack?.generation !== generation || shard?.state !== 'durable') return true
  const node: Id = shard.node
  if (cluster.node(node)?.up !== true) return true
  const found = await readShard(world, { pack, shard, signal })
  if (found === 'absent' || found === 'false') {
    const others = pack.shards.filter((one) => one.state === 'durable' && one.index !== index)
    if (found === 'false' && others.length < pack.k) {
      logger.warn('shard is kept: too few others are left', { pack: id, index, node })
      return true
    }
    const from = { node, state: shard.state }
    const to = { node, state: 'missing' as const }
    const changed = await catalogue.setShard({ pack: id, index, generation, from, to })
    logger.warn('shard is not as it should be', { pack: id, index, node, fault: found, changed })
  }
  return true
}
