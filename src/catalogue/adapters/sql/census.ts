/** A census: what a node really holds, compared with the rows, range by range of pack ids. */
import { isZero } from '../../../base/bytes.ts'
import { limits } from '../../../base/limits.ts'
import type { HeldShard, ShardKey } from '../../rows/packs.ts'
import type { Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { packState, shardCode, wordOf } from './codes.ts'
import { nodeOf, type NodeKeyRow } from './nodes.ts'
import { adjustHeld, findPacks, type PackRow } from './packs.ts'
import { placeShard } from './shards.ts'
import { statement } from './statement.ts'
import type { ShardsTable } from './tables.ts'
import type { Engine, Transaction } from './transaction.ts'

const packAt = statement((builder, args: { from: Uint8Array; skip: number }) =>
  builder
    .selectFrom('packs')
    .select('id')
    .where('id', '>=', args.from)
    .orderBy('id')
    .limit(1)
    .offset(args.skip),
)

const shardsAtNode = statement(
  (builder, args: { node: number; from: Uint8Array; upTo: Uint8Array }) =>
    builder
      .selectFrom('packs')
      .innerJoin('shards', 'shards.pack', 'packs.key')
      .selectAll('shards')
      .select(['packs.id', 'packs.state as pack_state', 'packs.generation'])
      .where('packs.id', '>=', args.from)
      .where('packs.id', '<=', args.upTo)
      .where('shards.node', '=', args.node),
)

const deleteShard = statement((builder, args: { pack: number; index: number }) =>
  builder.deleteFrom('shards').where('pack', '=', args.pack).where('index', '=', args.index),
)

export interface CensusRequest {
  readonly node: Id
  readonly after: ShardKey | undefined
  readonly upTo: ShardKey | undefined
  readonly held: readonly HeldShard[]
  readonly askedMs?: number | undefined
}

type Stranger = HeldShard & { packKnown: boolean }

export interface CensusAnswer {
  readonly strangers: Stranger[]
  readonly missing: number
}

const firstPack = '0'.repeat(32)
const lastPack = 'f'.repeat(32)

/** One transaction for each stretch of packs. Throws NOT_FOUND for a node that is not configured. */
export async function census(engine: Engine, request: CensusRequest): Promise<CensusAnswer> {
  const strangers: Stranger[] = []
  let missing = 0
  let from: Id | undefined = request.after?.pack ?? firstPack
  while (from !== undefined) {
    const start: Id = from
    const part = await engine.write((transaction) => stretch(transaction, request, start))
    strangers.push(...part.strangers)
    missing += part.missing
    from = part.next
  }
  return { strangers, missing }
}

/** Packs from `from` on, up to a bounded number of them; `next` is where to go on. */
async function stretch(
  transaction: Transaction,
  request: CensusRequest,
  from: Id,
): Promise<CensusAnswer & { readonly next: Id | undefined }> {
  const end = request.upTo?.pack ?? lastPack
  const skip = limits.catalogueUnitRows
  const beyond = await transaction.one(packAt, { from: idToBlob(from), skip })
  const next = beyond === undefined ? undefined : blobToId(beyond.id)
  const last = next === undefined || next > end
  const held = request.held.filter(
    (each) => inRange(each, request) && each.pack >= from && (last || each.pack < next),
  )
  const answer = await compare(transaction, request, {
    held,
    from,
    upTo: last ? end : next,
    // The pack at the border belongs to the next stretch.
    except: last ? undefined : next,
  })
  return { ...answer, next: last ? undefined : next }
}

function compareKeys(left: ShardKey, right: ShardKey): number {
  if (left.pack !== right.pack) return left.pack < right.pack ? -1 : 1
  return left.index - right.index || left.generation - right.generation
}

function inRange(key: ShardKey, { after, upTo }: CensusRequest): boolean {
  if (after !== undefined && compareKeys(key, after) <= 0) return false
  return upTo === undefined || compareKeys(key, upTo) <= 0
}

function nameOf(key: ShardKey): string {
  return `${key.pack}-${key.index}-${key.generation}`
}

interface Stretch {
  readonly held: readonly HeldShard[]
  readonly from: Id
  readonly upTo: Id
  readonly except: Id | undefined
}

async function compare(
  transaction: Transaction,
  request: CensusRequest,
  { held, from, upTo, except }: Stretch,
): Promise<CensusAnswer> {
  const node = await nodeOf(transaction, request.node)
  const range = { node: node.key, from: idToBlob(from), upTo: idToBlob(upTo) }
  const rows = (await transaction.all(shardsAtNode, range))
    .map((row) => ({ ...row, key: { ...row, pack: blobToId(row.id) } }))
    .filter(({ key }) => key.pack !== except && inRange(key, request))
  const unclaimed = new Map(held.map((each) => [nameOf(each), each]))
  let missing = 0
  for (const { key, pack_state, ...row } of rows) {
    if (wordOf(shardCode, row.state) === 'lost') continue
    const found = unclaimed.get(nameOf(key))
    unclaimed.delete(nameOf(key))
    const recent = request.askedMs !== undefined && row.since_ms >= request.askedMs
    if (recent) continue
    const judged = { row, node, dead: pack_state === packState.dead, found }
    missing += await judge(transaction, judged)
  }
  return { strangers: await strangersOf(transaction, [...unclaimed.values()]), missing }
}

interface Judged {
  readonly row: ShardsTable
  readonly node: NodeKeyRow
  readonly dead: boolean
  readonly found: HeldShard | undefined
}

/** Writes what the node's list says of one row. Gives 1 when its shard is missing. */
async function judge(
  transaction: Transaction,
  { row, node, dead, found }: Judged,
): Promise<number> {
  if (found !== undefined && (dead || !isZero(found.root))) {
    const { recordNumber } = found
    const same = row.epoch === node.epoch && row.record_number === recordNumber
    if (same && row.state === shardCode.durable) return 0
    await placeShard(transaction, row, { node, state: 'durable', recordNumber })
    return 0
  }
  if (dead) {
    await transaction.all(deleteShard, { pack: row.pack, index: row.index })
    await adjustHeld(transaction, row.pack, { held: -1, unheld: 0 })
    return 0
  }
  if (row.state === shardCode.missing) return 1
  await placeShard(transaction, row, { node, state: 'missing', recordNumber: null })
  return 1
}

function isLive(row: PackRow | undefined): boolean {
  return row !== undefined && row.state !== packState.dead
}

async function strangersOf(
  transaction: Transaction,
  held: readonly HeldShard[],
): Promise<Stranger[]> {
  const known = await findPacks(transaction, [...new Set(held.map((each) => each.pack))])
  return held.map((each) => ({ ...each, packKnown: isLive(known.get(each.pack)) }))
}
