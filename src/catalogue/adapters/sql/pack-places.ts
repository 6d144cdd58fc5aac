/** Packs with the places of their shards, as readers and healers get them. */
import { sql } from 'kysely'
import type { Id } from '../../ids.ts'
import type { PackPlaces } from '../../rows/packs.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { packState } from './codes.ts'
import { nodeMap, type NodeMap } from './nodes.ts'
import { shardsOfPacks, type PackRow } from './packs.ts'
import { shardState } from './shards.ts'
import { listStatement, statement } from './statement.ts'
import type { ShardsTable } from './tables.ts'
import type { Transaction } from './transaction.ts'

const packsAndVaults = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .selectFrom('packs')
    .innerJoin('vaults', 'vaults.key', 'packs.vault')
    .selectAll('packs')
    .select('vaults.id as vault_id')
    .where('packs.key', 'in', keys)
    .where('packs.state', '!=', packState.dead),
)

const keysByIds = listStatement((builder, _args: object, ids: Uint8Array[]) =>
  builder.selectFrom('packs').select('key').where('id', 'in', ids),
)

const keysToHeal = statement((builder, args: { after: Uint8Array; most: number }) =>
  builder
    .selectFrom('packs')
    .select('key')
    .where('unheld', '>', sql.lit(0))
    .where('id', '>', args.after)
    .orderBy('id')
    .limit(args.most),
)

/** Packs with these keys that are not dead, by key. */
export async function placesByKey(
  transaction: Transaction,
  keys: readonly number[],
): Promise<Map<number, PackPlaces>> {
  const nodes = await nodeMap(transaction)
  const packs = await transaction.list(packsAndVaults, {}, keys)
  const shards = Map.groupBy(await transaction.list(shardsOfPacks, {}, keys), (shard) => shard.pack)
  return new Map(packs.map((row) => [row.key, packPlacesOf(row, shards.get(row.key) ?? [], nodes)]))
}

function packPlacesOf(
  row: PackRow & { readonly vault_id: Uint8Array },
  shards: readonly ShardsTable[],
  nodes: NodeMap,
): PackPlaces {
  return {
    pack: blobToId(row.id),
    vault: blobToId(row.vault_id),
    kind: row.kind,
    code: row.code,
    k: row.k,
    m: row.m,
    packLength: row.length,
    shardLength: row.shard_length,
    generation: row.generation,
    dataRoots: row.data_roots,
    shards: shards.slice(0, row.k + row.m).map((shard) => {
      const node = nodes.byKey.get(shard.node)
      return {
        index: shard.index,
        node: node!.node,
        state: shardState(shard, node),
        recordNumber: shard.record_number ?? undefined,
        sinceMs: shard.since_ms,
      }
    }),
  }
}

/** In order of id. */
export async function packsToHeal(
  transaction: Transaction,
  request: { readonly cursor: Id | undefined; readonly packsMax: number },
): Promise<PackPlaces[]> {
  const after = request.cursor === undefined ? new Uint8Array(0) : idToBlob(request.cursor)
  const keys = await transaction.all(keysToHeal, { after, most: request.packsMax })
  return inOrder(transaction, keys)
}

/** Those that exist and are not dead, in order of id. */
export async function packPlaces(
  transaction: Transaction,
  packs: readonly Id[],
): Promise<PackPlaces[]> {
  const ids = [...new Set(packs)].map(idToBlob)
  return inOrder(transaction, await transaction.list(keysByIds, {}, ids))
}

async function inOrder(
  transaction: Transaction,
  keys: readonly { readonly key: number }[],
): Promise<PackPlaces[]> {
  const distinct = [...new Set(keys.map((each) => each.key))]
  const places = await placesByKey(transaction, distinct)
  return [...places.values()].toSorted((left, right) => (left.pack < right.pack ? -1 : 1))
}
