/** Rows of packs and of their shards. */
import { HoldfastError } from '../../../base/errors.ts'
import { equalBytes } from '../../../base/bytes.ts'
import type { Id } from '../../ids.ts'
import type { NewPack, NewShard, ReceiptStore } from '../../rows/packs.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { packState, shardCode } from './codes.ts'
import type { NodeKeyRow, NodeMap } from './nodes.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { PacksTable, ShardsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

export type PackRow = PacksTable

const packsByIds = listStatement((builder, _args: object, ids: Uint8Array[]) =>
  builder.selectFrom('packs').selectAll().where('id', 'in', ids),
)

export const packsByKeys = listStatement((builder, _args: object, keys: number[]) =>
  builder.selectFrom('packs').selectAll().where('key', 'in', keys),
)

const insertPacks = rowsStatement<PacksTable, unknown>(
  [
    'key',
    'id',
    'vault',
    'state',
    'kind',
    'code',
    'k',
    'm',
    'length',
    'shard_length',
    'generation',
    'data_roots',
    'held',
    'unheld',
    'empty_since',
  ],
  (builder, rows) => builder.insertInto('packs').values(rows),
)

const insertShards = rowsStatement<ShardsTable, unknown>(
  ['pack', 'index', 'node', 'state', 'epoch', 'record_number', 'since_ms'],
  (builder, rows) => builder.insertInto('shards').values(rows),
)

export const shardsOfPacks = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .selectFrom('shards')
    .selectAll()
    .where('pack', 'in', keys)
    .orderBy('pack')
    .orderBy('index'),
)

const changeHeld = statement((builder, args: { key: number; held: number; unheld: number }) =>
  builder
    .updateTable('packs')
    .set((each) => ({
      held: each('held', '+', args.held),
      unheld: each('unheld', '+', args.unheld),
    }))
    .where('key', '=', args.key),
)

const deadPack: PacksTable = Object.freeze({
  key: 0,
  id: new Uint8Array(16),
  vault: null,
  state: packState.dead,
  kind: 0,
  code: 0,
  k: 0,
  m: 0,
  length: 0,
  shard_length: 0,
  generation: 0,
  data_roots: new Uint8Array(0),
  held: 0,
  unheld: 0,
  empty_since: null,
})

export async function findPacks(
  transaction: Transaction,
  ids: readonly Id[],
): Promise<Map<Id, PackRow>> {
  const rows = await transaction.list(packsByIds, {}, ids.map(idToBlob))
  return new Map(rows.map((row) => [blobToId(row.id), row]))
}

/** Inserts those ids that have no row, dead from the start. Gives those that are dead now. */
export async function killUnknownPacks(
  transaction: Transaction,
  ids: readonly Id[],
): Promise<Id[]> {
  const known = await findPacks(transaction, ids)
  const unknown = [...new Set(ids)].filter((id) => !known.has(id))
  const first = await transaction.keys(unknown.length)
  const rows = unknown.map((id, at) => ({ ...deadPack, key: first + at, id: idToBlob(id) }))
  await transaction.insert(insertPacks, rows)
  const dead = [...known].filter(([, row]) => row.state === packState.dead).map(([id]) => id)
  return [...dead, ...unknown]
}

/** Inserts packs with their shards; gives the key of each. */
export async function insertNewPacks(
  transaction: Transaction,
  packs: readonly NewPack[],
  { vault, nodes }: { readonly vault: number; readonly nodes: NodeMap },
): Promise<Map<Id, PackRow>> {
  const first = await transaction.keys(packs.length)
  const rows = packs.map((pack, at) => packRow(pack, { key: first + at, vault, nodes }))
  await transaction.insert(insertPacks, rows)
  const { nowMs } = transaction
  const shards = packs.flatMap((pack, at) => shardRows(pack, { pack: first + at, nodes, nowMs }))
  await transaction.insert(insertShards, shards)
  return new Map(packs.map((pack, at) => [pack.pack, rows[at]!]))
}

function packRow(
  pack: NewPack,
  context: { readonly key: number; readonly vault: number; readonly nodes: NodeMap },
): PackRow {
  checkPack(pack, context.nodes)
  const { byId } = context.nodes
  const held = pack.shards.filter((shard) => isDurable(shard, byId.get(shard.node)!)).length
  return {
    key: context.key,
    id: idToBlob(pack.pack),
    vault: context.vault,
    state: packState.live,
    kind: pack.kind,
    code: pack.code,
    k: pack.k,
    m: pack.m,
    length: pack.packLength,
    shard_length: pack.shardLength,
    generation: pack.generation,
    data_roots: pack.dataRoots,
    held,
    unheld: pack.shards.length - held,
    empty_since: null,
  }
}

/** Throws MALFORMED unless each of the k + m shards has exactly one place at a known node. */
function checkPack(pack: NewPack, nodes: NodeMap): void {
  const indexes = new Set(pack.shards.map((shard) => shard.index))
  const count = pack.k + pack.m
  const complete = indexes.size === count && pack.shards.length === count
  if (!complete || pack.shards.some((shard) => shard.index < 0 || shard.index >= count)) {
    throw refuse(pack, `it has not one place for each of its ${count} shards`)
  }
  for (const shard of pack.shards) {
    if (!nodes.byId.has(shard.node)) throw refuse(pack, `node ${shard.node} is not configured`)
  }
  for (const chunk of pack.chunks) {
    if (chunk.offset + chunk.length > pack.packLength) throw refuse(pack, 'a chunk ends behind it')
  }
}

function refuse(pack: NewPack, why: string): HoldfastError {
  return new HoldfastError('MALFORMED', `Cannot register the pack ${pack.pack}: ${why}`)
}

function shardRows(
  pack: NewPack,
  context: { readonly pack: number; readonly nodes: NodeMap; readonly nowMs: number },
): ShardsTable[] {
  return pack.shards.map((shard) => {
    const node = context.nodes.byId.get(shard.node)!
    const durable = isDurable(shard, node)
    return {
      pack: context.pack,
      index: shard.index,
      node: node.key,
      state: durable ? shardCode.durable : shardCode.missing,
      epoch: node.epoch,
      record_number: durable ? (shard.recordNumber ?? null) : null,
      since_ms: context.nowMs,
    }
  })
}

function isDurable(shard: NewShard, node: NodeKeyRow): boolean {
  return shard.state === 'durable' && !isOtherStore(shard.receipt, node)
}

/**
 * Whether a receipt was given by another store than the node has now: of another id, or before the node's
 * disk was found to be an older image of itself.
 */
export function isOtherStore(receipt: ReceiptStore | undefined, node: NodeKeyRow): boolean {
  if (receipt === undefined || node.store_id === null) return false
  return blobToId(node.store_id) !== receipt.storeId || receipt.givenMs < node.store_since_ms
}

/** Throws EXISTS when the id stands for another pack. */
export function checkSamePack(row: PackRow, pack: NewPack, vault: number): void {
  const same =
    row.vault === vault &&
    row.k === pack.k &&
    row.m === pack.m &&
    row.length === pack.packLength &&
    row.generation === pack.generation &&
    equalBytes(row.data_roots, pack.dataRoots)
  if (same) return
  throw new HoldfastError('EXISTS', `Cannot register the pack ${pack.pack}: the id is taken`)
}

export async function adjustHeld(
  transaction: Transaction,
  pack: number,
  change: { readonly held: number; readonly unheld: number },
): Promise<void> {
  if (change.held === 0 && change.unheld === 0) return
  await transaction.all(changeHeld, { key: pack, held: change.held, unheld: change.unheld })
}
