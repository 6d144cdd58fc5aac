/** Shards deleted at their nodes, by shard identity, record number and term. */
import { HoldfastError } from '../../base/errors.ts'
import type { Id } from '../../catalogue/ids.ts'
import type { ShardKey } from '../../catalogue/rows/packs.ts'
import { requestsTo, shardIdOf, type NodesWorld } from '../nodes-world.ts'

export interface ShardToDelete extends ShardKey {
  readonly node: Id
  readonly recordNumber: number
}

/** Whether it must stay: it lay at a node that worked with another catalogue. */
export function isQuarantined(
  { context }: NodesWorld,
  { node, recordNumber }: Pick<ShardToDelete, 'node' | 'recordNumber'>,
): boolean {
  const quarantine = context.cluster.row(node)?.quarantine
  return quarantine !== undefined && recordNumber <= quarantine.upTo
}

/**
 * Those that are gone now, whatever was there before. A node that does not answer is left for later, what is in
 * quarantine stays.
 */
export async function deleteShards<Shard extends ShardToDelete>(
  world: NodesWorld,
  shards: readonly Shard[],
  signal?: AbortSignal,
): Promise<Shard[]> {
  const free = shards.filter((shard) => !isQuarantined(world, shard))
  const perNode = Map.groupBy(free, ({ node }) => node)
  const gone = await Promise.all(
    [...perNode].map(([node, ofNode]) => deleteAt(world, { node, shards: ofNode, signal })),
  )
  return gone.flat()
}

async function deleteAt<Shard extends ShardToDelete>(
  world: NodesWorld,
  { node, shards, signal }: NodeDeletes<Shard>,
): Promise<Shard[]> {
  const { grid, limits, logger } = world.context
  const batch = shards.slice(0, limits.deleteShardsMax)
  const records = batch.map((shard) => ({
    shard: shardIdOf(shard),
    recordNumber: shard.recordNumber,
  }))
  try {
    await requestsTo(world, node)?.delete(records, { term: grid.term, signal })
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof HoldfastError)) throw error
    logger.info('deleting waits for its node', { node, code: error.code })
    return []
  }
  logger.info('shards deleted', { node, shards: batch.length })
  return batch
}

interface NodeDeletes<Shard> {
  readonly node: Id
  readonly shards: readonly Shard[]
  readonly signal: AbortSignal | undefined
}
