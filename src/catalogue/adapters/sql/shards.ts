/** Places of shards: changed only by comparing what the row says. */
import { assert } from '../../../base/assert.ts'
import type { Id } from '../../ids.ts'
import type { NewShard, ReceiptStore, ShardState } from '../../rows/packs.ts'
import { isHeld, packState, shardCode, wordOf } from './codes.ts'
import { nodeMap, type NodeKeyRow, type NodeMap } from './nodes.ts'
import { adjustHeld, findPacks, isOtherStore, shardsOfPacks, type PackRow } from './packs.ts'
import { statement } from './statement.ts'
import type { ShardsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'
import { vaultOf } from './vaults.ts'

const setPlace = statement((builder, args: ShardsTable) =>
  builder
    .updateTable('shards')
    .set({
      node: args.node,
      state: args.state,
      epoch: args.epoch,
      record_number: args.record_number,
      since_ms: args.since_ms,
    })
    .where('pack', '=', args.pack)
    .where('index', '=', args.index),
)

/** A durable shard of an older store of its node is unknown until a census. */
export function shardState(row: ShardsTable, node: NodeKeyRow | undefined): ShardState {
  const state = wordOf(shardCode, row.state)
  assert(node !== undefined, `a shard is at node ${row.node}, which has no row`)
  return state === 'durable' && row.epoch !== node.epoch ? 'unknown' : state
}

export interface Place {
  readonly node: NodeKeyRow
  readonly state: ShardState
  readonly recordNumber: number | null
}

/** Writes the place and keeps the pack's count of held shards. */
export async function placeShard(
  transaction: Transaction,
  row: ShardsTable,
  to: Place,
): Promise<void> {
  const gain = Number(isHeld(to.state)) - Number(isHeld(wordOf(shardCode, row.state)))
  await adjustHeld(transaction, row.pack, { held: gain, unheld: -gain })
  await transaction.all(setPlace, {
    pack: row.pack,
    index: row.index,
    node: to.node.key,
    state: shardCode[to.state],
    epoch: to.node.epoch,
    record_number: to.recordNumber,
    since_ms: transaction.nowMs,
  })
}

/** Later receipts. What is unknown, dead, of another vault or already durable is passed over. */
export async function addShards(
  transaction: Transaction,
  request: { readonly vault: Id; readonly shards: readonly NewShard[] },
): Promise<void> {
  const vault = await vaultOf(transaction, request.vault)
  const known = await findPacks(transaction, [...new Set(request.shards.map((each) => each.pack))])
  const packs = [...known].filter(([, row]) => row.vault === vault.key && isAlive(row))
  await addReceipts(transaction, request.shards, {
    packs: new Map(packs),
    nodes: await nodeMap(transaction),
  })
}

export async function addReceipts(
  transaction: Transaction,
  shards: readonly NewShard[],
  { packs, nodes }: { readonly packs: ReadonlyMap<Id, PackRow>; readonly nodes: NodeMap },
): Promise<void> {
  const keys = [...packs.values()].map((row) => row.key)
  const byPack = Map.groupBy(await transaction.list(shardsOfPacks, {}, keys), (row) => row.pack)
  for (const shard of shards) {
    const pack = packs.get(shard.pack)
    if (pack === undefined || shard.state !== 'durable') continue
    if (pack.generation !== shard.generation) continue
    const rows = byPack.get(pack.key) ?? []
    const at = rows.findIndex((row) => row.index === shard.index)
    const changed = at < 0 ? undefined : receiptPlace(shard, rows, { at, nodes })
    if (changed === undefined) continue
    await placeShard(transaction, rows[at]!, changed)
    rows[at] = { ...rows[at]!, node: changed.node.key, state: shardCode[changed.state] }
  }
}

/** The place a receipt proves; undefined when it changes nothing. */
function receiptPlace(
  shard: NewShard,
  rows: readonly ShardsTable[],
  { at, nodes }: { readonly at: number; readonly nodes: NodeMap },
): Place | undefined {
  const node = nodes.byId.get(shard.node)
  const row = rows[at]!
  if (node === undefined || isOtherStore(shard.receipt, node)) return undefined
  if (shardState(row, nodes.byKey.get(row.node)) === 'durable') return undefined
  // A pack never has two shards at one node: losing that node would lose both.
  if (rows.some((other, index) => index !== at && other.node === node.key)) return undefined
  return { node, state: 'durable', recordNumber: shard.recordNumber ?? null }
}

function isAlive(row: PackRow): boolean {
  return row.state !== packState.dead
}

export interface ShardChange {
  readonly pack: Id
  readonly index: number
  readonly generation: number
  readonly from: { readonly node: Id; readonly state: ShardState }
  readonly to: {
    readonly node: Id
    readonly state: ShardState
    readonly recordNumber?: number
    readonly receipt?: ReceiptStore
  }
}

/** False when the row says something else than `from`, or the receipt is of another store. */
export async function setShard(transaction: Transaction, change: ShardChange): Promise<boolean> {
  const pack = (await findPacks(transaction, [change.pack])).get(change.pack)
  if (pack === undefined || !isAlive(pack) || pack.generation !== change.generation) return false
  const nodes = await nodeMap(transaction)
  const rows = await transaction.list(shardsOfPacks, {}, [pack.key])
  const row = rows.find((each) => each.index === change.index)
  const node = nodes.byId.get(change.to.node)
  if (row === undefined || node === undefined) return false
  if (isOtherStore(change.to.receipt, node)) return false
  const holder = nodes.byKey.get(row.node)
  if (holder?.node !== change.from.node) return false
  if (shardState(row, holder) !== change.from.state) return false
  const recordNumber = change.to.recordNumber ?? (node.key === row.node ? row.record_number : null)
  await placeShard(transaction, row, { node, state: change.to.state, recordNumber })
  return true
}
