/** Shards of dead packs: what a node is told to delete, and has deleted. */
import { sql } from 'kysely'
import type { Id } from '../../ids.ts'
import { blobToId } from '../../ids.ts'
import { packState, shardCode } from './codes.ts'
import { nodeMap } from './nodes.ts'
import { adjustHeld, findPacks, shardsOfPacks } from './packs.ts'
import { listStatement, statement } from './statement.ts'
import type { Transaction } from './transaction.ts'

export interface DeadShard {
  pack: Id
  index: number
  generation: number
  node: Id
  recordNumber: number
}

/**
 * Of the node's present store: what an older one held is known again after a census. What is in quarantine
 * stays.
 */
const deadAtNodes = listStatement((builder, args: { most: number }, nodes: number[]) =>
  builder
    .selectFrom('packs')
    .innerJoin('shards', 'shards.pack', 'packs.key')
    .innerJoin('nodes', 'nodes.key', 'shards.node')
    .select(['packs.id', 'packs.generation', 'shards.index', 'shards.record_number'])
    .select('nodes.id as node_id')
    .where('packs.state', '=', sql.lit(packState.dead))
    .where('packs.held', '>', sql.lit(0))
    .where('shards.state', '=', shardCode.durable)
    .whereRef('shards.epoch', '=', 'nodes.epoch')
    .where('shards.node', 'in', nodes)
    .whereRef('shards.record_number', '>', 'nodes.kept_up_to')
    .orderBy('packs.key')
    .limit(args.most),
)

const deleteShard = statement((builder, args: { pack: number; index: number }) =>
  builder.deleteFrom('shards').where('pack', '=', args.pack).where('index', '=', args.index),
)

export async function deadShards(
  transaction: Transaction,
  most: number,
  nodes: readonly Id[] | undefined,
): Promise<DeadShard[]> {
  const { byId } = await nodeMap(transaction)
  const asked = nodes ?? [...byId.keys()]
  const keys = asked.flatMap((node) => byId.get(node)?.key ?? [])
  const rows = await transaction.list(deadAtNodes, { most }, keys)
  return rows.slice(0, most).map((row) => ({
    pack: blobToId(row.id),
    index: row.index,
    generation: row.generation,
    node: blobToId(row.node_id),
    recordNumber: row.record_number!,
  }))
}

/** Only of dead packs, and only where the row still names that node. */
export async function shardsDeleted(
  transaction: Transaction,
  shards: readonly Omit<DeadShard, 'recordNumber'>[],
): Promise<void> {
  const { byId } = await nodeMap(transaction)
  const packs = await findPacks(transaction, [...new Set(shards.map((each) => each.pack))])
  const keys = [...packs.values()].map((row) => row.key)
  const rows = Map.groupBy(await transaction.list(shardsOfPacks, {}, keys), (row) => row.pack)
  for (const { pack: id, index, generation, node } of shards) {
    const pack = packs.get(id)
    if (pack?.state !== packState.dead || pack.generation !== generation) continue
    const places = rows.get(pack.key) ?? []
    const at = places.findIndex((each) => each.index === index)
    if (at < 0 || places[at]!.node !== byId.get(node)?.key) continue
    places.splice(at, 1)
    await transaction.all(deleteShard, { pack: pack.key, index })
    await adjustHeld(transaction, pack.key, { held: -1, unheld: 0 })
  }
}
