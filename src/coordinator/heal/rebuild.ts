/**
 * Rebuilding the missing shards of one pack: read k, verify, compute, compare with the pack's data roots,
 * write, and only then change the row, by compare-and-swap. Repeating or stopping at any point is harmless.
 */
import { equalBytes, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import type { ErasureCoder } from '../../core/erasure.ts'
import { dataRoot } from '../../core/merkle.ts'
import { verifyReceipt } from '../../core/receipt.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import { requestsTo, shardIdOf, type NodesWorld } from '../nodes-world.ts'
import { dataRootAt, packIdentities } from '../pack-roots.ts'
import { readPack, sourcesOf, type FaultyShard, type FetchedShard } from './pack-reader.ts'
import { reconstructSlowly } from './slow-erasure.ts'
import { targetsOf, type HealTarget } from './targets.ts'

export interface HealWorld extends NodesWorld {
  readonly coder: ErasureCoder
}

/**
 * `waiting`: too few sources, or nowhere to write, for now. `malformed`: what its committer registered is no
 * codeword, so its missing shards never existed.
 */
export type RebuildOutcome = 'rebuilt' | 'waiting' | 'malformed'

/** Whether it is worth reading anything. */
export function canRebuild(world: NodesWorld, pack: PackPlaces): boolean {
  return sourcesOf(world, pack).length >= pack.k && targetsOf(world.context, pack).length > 0
}

/** A target that refuses keeps no other from its shard. Throws what the first of them answered if none took one. */
export async function rebuildPack(
  world: HealWorld,
  pack: PackPlaces,
  signal?: AbortSignal,
): Promise<RebuildOutcome> {
  const { present, faulty } = await readPack(world, pack, signal)
  await forgetAbsent(world, pack, faulty)
  const falseOnes = faulty.filter(({ fault }) => fault === 'false')
  const targets = targetsOf(world.context, pack, faulty)
  if (present.length < pack.k || targets.length === 0) return 'waiting'
  const computed = await compute(world, pack, { present, targets })
  if (computed === undefined) return 'malformed'
  await removeFalse(world, pack, falseOnes)
  const writings = targets.map((target, at) => ({ pack, target, bytes: computed[at]!, signal }))
  await writeShards(world, writings)
  return 'rebuilt'
}

async function writeShards(world: NodesWorld, writings: readonly ShardToWrite[]): Promise<void> {
  const failures: unknown[] = []
  for (const writing of writings) {
    try {
      await writeShard(world, writing)
    } catch (error) {
      if (writing.signal?.aborted === true || !(error instanceof HoldfastError)) throw error
      failures.push(error)
      const { pack, target } = writing
      const { code } = error
      world.context.logger.warn('rebuilding failed', { pack: pack.pack, node: target.node, code })
    }
  }
  if (failures.length === writings.length) throw failures[0]
}

/** Undefined when a computed shard is not the one the pack was registered with. */
async function compute(
  { context, coder }: HealWorld,
  pack: PackPlaces,
  {
    present,
    targets,
  }: { readonly present: readonly FetchedShard[]; readonly targets: readonly HealTarget[] },
): Promise<Uint8Array[] | undefined> {
  const wanted = targets.map(({ shard }) => shard.index)
  const computed = await reconstructSlowly(context, { coder, pack, present, wanted })
  const { primitives } = context
  const right = computed.every((bytes, at) =>
    equalBytes(dataRoot(primitives, bytes), dataRootAt(pack, wanted[at]!)),
  )
  return right ? computed : undefined
}

/** A shard that its node says it does not have is wanted there again. */
async function forgetAbsent(
  { context }: NodesWorld,
  { pack, generation }: PackPlaces,
  faulty: readonly FaultyShard[],
): Promise<void> {
  for (const { shard, fault } of faulty) {
    const { index, node, state } = shard
    context.logger.warn('shard is not as it should be', { pack, index, node, fault })
    if (fault !== 'absent') continue
    const [from, to] = [
      { node, state },
      { node, state: 'missing' as const },
    ]
    await context.catalogue.setShard({ pack, index, generation, from, to })
  }
}

/**
 * Bytes that were false twice make room for right ones, now that those are computed: a node that has a record
 * of a shard takes no other.
 */
async function removeFalse(
  world: NodesWorld,
  { pack, generation }: PackPlaces,
  faulty: readonly FaultyShard[],
): Promise<void> {
  const { catalogue, grid } = world.context
  for (const { shard } of faulty) {
    const { index, node, state, recordNumber } = shard
    if (recordNumber === undefined) continue
    const record = { shard: shardIdOf({ pack, index, generation }), recordNumber }
    await requestsTo(world, node)?.delete([record], { term: grid.term })
    const [from, to] = [
      { node, state },
      { node, state: 'missing' as const },
    ]
    await catalogue.setShard({ pack, index, generation, from, to })
  }
}

interface ShardToWrite {
  readonly pack: PackPlaces
  readonly target: HealTarget
  readonly bytes: Uint8Array
  readonly signal: AbortSignal | undefined
}

async function writeShard(world: NodesWorld, writing: ShardToWrite): Promise<void> {
  const { pack, target, bytes, signal } = writing
  const { catalogue, cluster, logger, primitives } = world.context
  const { shard, node } = target
  const { index } = shard
  const { generation } = pack
  const row = cluster.row(node)
  const identity = packIdentities(primitives, pack)[index]
  if (row === undefined || identity === undefined) return
  const { header, root } = identity
  const address = {
    shard: shardIdOf({ pack: pack.pack, index, generation }),
    vault: idToBytes(pack.vault),
  }
  const sent = await world.connections
    .to(row)
    .put(address, { root, blocks: [header, bytes], signal })
  const expected = { pack: idToBytes(pack.pack), index, generation, root, nodeKey: row.publicKey }
  const { recordNumber, storeId, timeMs } = verifyReceipt(primitives, sent, expected)
  const receipt = { storeId: toHex(storeId), givenMs: timeMs }
  const state = shard.state === 'durable' || shard.state === 'unknown' ? 'missing' : shard.state
  const changed = await catalogue.setShard({
    pack: pack.pack,
    index,
    generation,
    from: { node: shard.node, state },
    to: { node, state: 'durable', recordNumber, receipt },
  })
  logger.info('shard rebuilt', { pack: pack.pack, index, node, changed })
}
