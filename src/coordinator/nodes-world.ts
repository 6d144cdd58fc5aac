/** How the work in the background reaches the nodes. */
import type { Id } from '../catalogue/ids.ts'
import type { ShardKey } from '../catalogue/rows/packs.ts'
import type { ShardNode } from '../wire/shard-client.ts'
import type { ShardAddress, ShardRequests } from '../wire/shard-requests.ts'
import type { CoordinatorContext } from './context.ts'
import { idToBytes } from '../core/id-to-bytes.ts'

export interface NodeConnections {
  to(node: ShardNode): ShardRequests
  close(): void
}

export interface NodesWorld {
  readonly context: CoordinatorContext
  readonly connections: NodeConnections
}

/** Undefined when the grid has no such node. */
export function requestsTo(world: NodesWorld, node: Id): ShardRequests | undefined {
  const row = world.context.cluster.row(node)
  return row && world.connections.to(row)
}

/** As the shard protocol names it. */
export function shardIdOf({ pack, index, generation }: ShardKey): ShardAddress['shard'] {
  return { pack: idToBytes(pack), index, placementGeneration: generation }
}
