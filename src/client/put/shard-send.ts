import { assert } from '../../base/assert.ts'
import { headerBytes } from '../../core/shard.ts'
import { verifyReceipt } from '../../core/receipt.ts'
import type { Cluster } from '../cluster.ts'
import type { Engine, PackOrder, SealedPack } from '../engine/engine.ts'
import type { Session } from '../session.ts'

export interface SendParts {
  readonly session: Session
  readonly cluster: Cluster
  readonly engine: Engine
}

export interface ShardSend {
  readonly sealed: SealedPack
  readonly order: PackOrder
  /** 16 bytes. */
  readonly vault: Uint8Array
  readonly index: number
  /** One of the map. */
  readonly node: string
  readonly signal?: AbortSignal | undefined
}

/** Sends one shard to one node: its receipt, checked. Throws what the node or the way to it failed with. */
export async function sendShard(parts: SendParts, send: ShardSend): Promise<Uint8Array> {
  const { session, cluster } = parts
  const { sealed, order, vault, index, node, signal } = send
  const root = sealed.roots[index]!
  const requests = cluster.requests(node)
  assert(requests !== undefined, 'a shard is placed on a node of the map')
  const { pack, generation } = order
  const receipt = await requests.put(
    { shard: { pack, index, placementGeneration: generation }, vault },
    { root, blocks: blocksOf(parts.engine, sealed, index), signal },
  )
  const nodeKey = cluster.node(node)!.publicKey
  verifyReceipt(session.world.primitives, receipt, { nodeKey, pack, index, generation, root })
  return receipt
}

function blocksOf({ memory }: Engine, sealed: SealedPack, index: number): Uint8Array[] {
  const { shardsAt, shardLength, headers } = sealed
  const header = headers[index]!
  assert(header.length === headerBytes, 'a header has its length')
  const at = shardsAt + index * shardLength
  return [header, memory.subarray(at, at + shardLength)]
}
