import { HoldfastError } from '../../../base/errors.ts'
import { equalBytes } from '../../../base/bytes.ts'
import type { Id } from '../../ids.ts'
import type { Marks, NodeConfig, NodeRow } from '../../rows/nodes.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { nodeState, wordOf } from './codes.ts'
import { keepUpTo, takeMarks } from './quarantine.ts'
import { statement } from './statement.ts'
import type { NodesTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

interface NodeValues {
  id: Uint8Array
  name: string
  address: string
  zone: string
  public_key: Uint8Array
  state: number
}

const upsertNode = statement((builder, args: NodeValues) =>
  builder
    .insertInto('nodes')
    .values({
      id: args.id,
      name: args.name,
      address: args.address,
      zone: args.zone,
      public_key: args.public_key,
      state: args.state,
      store_id: null,
      last_record: 0,
      epoch: 1,
      store_since_ms: 0,
      kept_up_to: 0,
      quarantine: null,
    })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((each) => ({
        name: each.ref('excluded.name'),
        address: each.ref('excluded.address'),
        zone: each.ref('excluded.zone'),
      })),
    ),
)

const setState = statement(
  (builder, args: { key: number; state: number; epoch: number; store_since_ms: number }) =>
    builder
      .updateTable('nodes')
      .set({ state: args.state, epoch: args.epoch, store_since_ms: args.store_since_ms })
      .where('key', '=', args.key),
)

const allNodes = statement((builder) => builder.selectFrom('nodes').selectAll().orderBy('key'))

const nodeById = statement((builder, args: { id: Uint8Array }) =>
  builder.selectFrom('nodes').selectAll().where('id', '=', args.id),
)

const setStore = statement(
  (
    builder,
    args: Pick<NodesTable, 'store_id' | 'last_record' | 'epoch' | 'store_since_ms'> & AtKey,
  ) =>
    builder
      .updateTable('nodes')
      .set({
        store_id: args.store_id,
        last_record: args.last_record,
        epoch: args.epoch,
        store_since_ms: args.store_since_ms,
      })
      .where('key', '=', args.key),
)

interface AtKey {
  key: number
}

/** Enough to tell one quarantine of a grid from another, few enough to type. */
const quarantineIdDigits = 12

export type NodeKeyRow = Omit<NodesTable, 'key'> & { readonly key: number }

export async function configureNodes(
  transaction: Transaction,
  nodes: readonly NodeConfig[],
): Promise<void> {
  for (const { node, name, address, zone, publicKey } of nodes) {
    const values = { id: idToBlob(node), name, address, zone, public_key: publicKey }
    await transaction.all(upsertNode, { ...values, state: nodeState.active })
  }
  const configured = new Set(nodes.map(({ node }) => node))
  for (const row of await transaction.all(allNodes, {})) {
    const isEvicted = row.state === nodeState.evicted
    if (configured.has(blobToId(row.id)) === isEvicted) {
      await transaction.all(setState, isEvicted ? namedAgain(row, transaction.nowMs) : leftOut(row))
    }
  }
}

function leftOut(row: NodeKeyRow): NodeKeyRow {
  return { ...row, state: nodeState.evicted }
}

/** Meanwhile its shards may have been written elsewhere, and lost there: they are unknown until a census. */
function namedAgain(row: NodeKeyRow, nowMs: number): NodeKeyRow {
  return { ...row, state: nodeState.active, epoch: row.epoch + 1, store_since_ms: nowMs }
}

export async function listNodes(transaction: Transaction): Promise<NodeRow[]> {
  const rows = await transaction.all(allNodes, {})
  return rows.map((row) => ({
    node: blobToId(row.id),
    name: row.name,
    address: row.address,
    zone: row.zone,
    publicKey: row.public_key,
    state: wordOf(nodeState, row.state),
    storeId: row.store_id === null ? undefined : blobToId(row.store_id),
    lastRecord: row.last_record,
    quarantine: row.quarantine === null ? undefined : { id: row.quarantine, upTo: row.kept_up_to },
  }))
}

/**
 * A changed store raises the node's epoch: all its durable shard rows are of an older one then, and count
 * as unknown, in one write however many they are. Throws NOT_FOUND for a node that is not configured.
 */
export async function nodeSeen(
  transaction: Transaction,
  request: SeenNode,
): Promise<{ store: 'same' | 'new' | 'older'; quarantined?: string }> {
  const row = await nodeOf(transaction, request.node)
  const storeId = idToBlob(request.storeId)
  const store = storeChange(row, { storeId, lastRecord: request.lastRecord })
  const quarantined = await quarantinedNow(transaction, request, { row, store })
  const known = row.store_id !== null
  const answer = { store, ...(quarantined !== undefined && { quarantined }) }
  if (known && store === 'same' && row.last_record === request.lastRecord) return answer
  await transaction.all(setStore, {
    key: row.key,
    store_id: storeId,
    last_record: request.lastRecord,
    epoch: store === 'same' ? row.epoch : row.epoch + 1,
    store_since_ms: store === 'same' ? row.store_since_ms : transaction.nowMs,
  })
  return answer
}

interface SeenNode {
  readonly node: Id
  readonly storeId: Id
  readonly lastRecord: number
  readonly marks?: Marks | undefined
}

/** An older image of its own store is no reason: this catalogue knew all of it. A store without records neither. */
async function quarantinedNow(
  transaction: Transaction,
  { lastRecord, marks }: SeenNode,
  { row, store }: { readonly row: NodeKeyRow; readonly store: 'same' | 'new' | 'older' },
): Promise<string | undefined> {
  if (marks === undefined) return undefined
  const { isOurs } = await takeMarks(transaction, marks)
  const isKnown = isOurs && row.store_id !== null && store !== 'new'
  if (isKnown || lastRecord === 0) return undefined
  const id = marks.next.slice(0, quarantineIdDigits)
  return keepUpTo(transaction, { key: row.key, id, recordNumber: lastRecord })
}

function storeChange(
  row: NodeKeyRow,
  seen: { readonly storeId: Uint8Array; readonly lastRecord: number },
): 'same' | 'new' | 'older' {
  if (row.store_id === null) return 'same'
  if (!equalBytes(row.store_id, seen.storeId)) return 'new'
  return seen.lastRecord < row.last_record ? 'older' : 'same'
}

/** Throws NOT_FOUND for a node that is not configured. */
export async function nodeOf(transaction: Transaction, node: Id): Promise<NodeKeyRow> {
  const row = await transaction.one(nodeById, { id: idToBlob(node) })
  if (row !== undefined) return row
  throw new HoldfastError('NOT_FOUND', `Cannot find the node ${node}: it is not configured`)
}

/** All nodes, by id and by key: they are few. */
export interface NodeMap {
  readonly byId: ReadonlyMap<Id, NodeKeyRow>
  readonly byKey: ReadonlyMap<number, NodeKeyRow & { readonly node: Id }>
}

export async function nodeMap(transaction: Transaction): Promise<NodeMap> {
  const rows = await transaction.all(allNodes, {})
  const named = rows.map((row) => ({ ...row, node: blobToId(row.id) }))
  return {
    byId: new Map(named.map((row) => [row.node, row])),
    byKey: new Map(named.map((row) => [row.key, row])),
  }
}
