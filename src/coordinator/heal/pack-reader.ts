/** Fetches shards of a pack for rebuilding. Nothing is taken before its root was computed and compared. */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import { dataRoot } from '../../core/merkle.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import { requestsTo, shardIdOf, type NodesWorld } from '../nodes-world.ts'
import { dataRootAt } from '../pack-roots.ts'

export type PlacedShard = PackPlaces['shards'][number]

export interface FetchedShard {
  readonly index: number
  readonly bytes: Uint8Array
}

/** A shard that its row calls durable and that is not there (any more), or not as it was. */
export interface FaultyShard {
  readonly shard: PlacedShard
  readonly fault: 'absent' | 'false'
}

export interface PackReading {
  /** At most k, each verified. */
  readonly present: readonly FetchedShard[]
  readonly faulty: readonly FaultyShard[]
}

/** Those at nodes that are up, the surest and simplest first: durable before unknown, data before parity. */
export function sourcesOf({ context }: NodesWorld, pack: PackPlaces): PlacedShard[] {
  return pack.shards
    .filter(({ state }) => state === 'durable' || state === 'unknown')
    .filter(({ node }) => context.cluster.node(node)?.up === true)
    .toSorted((left, right) => rank(left) - rank(right) || left.index - right.index)
}

function rank({ state }: PlacedShard): number {
  return state === 'durable' ? 0 : 1
}

/** Reads until k verified shards are there or no source is left. */
export async function readPack(
  world: NodesWorld,
  pack: PackPlaces,
  signal?: AbortSignal,
): Promise<PackReading> {
  const sources = sourcesOf(world, pack)
  const present: FetchedShard[] = []
  const faulty: FaultyShard[] = []
  while (present.length < pack.k && sources.length > 0) {
    const batch = sources.splice(0, pack.k - present.length)
    const read = await Promise.all(batch.map((shard) => readShard(world, { pack, shard, signal })))
    for (const [at, outcome] of read.entries()) {
      const shard = batch[at]!
      if (outcome instanceof Uint8Array) present.push({ index: shard.index, bytes: outcome })
      else if (outcome !== 'away') faulty.push({ shard, fault: outcome })
    }
  }
  return { present, faulty }
}

interface ShardToRead {
  readonly pack: PackPlaces
  readonly shard: PlacedShard
  readonly signal: AbortSignal | undefined
}

/** False bytes are asked for once more: the fault may have been on the way. */
export async function readShard(
  world: NodesWorld,
  wanted: ShardToRead,
): Promise<Uint8Array | 'absent' | 'false' | 'away'> {
  const first = await readOnce(world, wanted)
  return first === 'false' ? readOnce(world, wanted) : first
}

async function readOnce(
  world: NodesWorld,
  { pack, shard, signal }: ShardToRead,
): Promise<Uint8Array | 'absent' | 'false' | 'away'> {
  const into = new Uint8Array(pack.shardLength)
  const { index } = shard
  const { generation } = pack
  const address = {
    shard: shardIdOf({ pack: pack.pack, index, generation }),
    vault: idToBytes(pack.vault),
  }
  try {
    const requests = requestsTo(world, shard.node)
    if (requests === undefined) return 'away'
    await requests.read(address, { offset: 0, into, signal })
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof HoldfastError)) throw error
    if (error.code === 'NOT_FOUND') return 'absent'
    return error.code === 'CORRUPT' ? 'false' : 'away'
  }
  const { primitives } = world.context
  return equalBytes(dataRoot(primitives, into), dataRootAt(pack, index)) ? into : 'false'
}
