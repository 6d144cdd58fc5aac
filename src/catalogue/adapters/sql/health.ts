/**
 * How well files are kept. Worked on in bounded reads, between which others go on: a count over a vault is
 * made of many moments.
 */
import { limits } from '../../../base/limits.ts'
import type { Health, HealthCounts } from '../../rows/reading.ts'
import type { Blob, Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { entryKind } from './codes.ts'
import { nodeMap, type NodeMap } from './nodes.ts'
import { packsByKeys, shardsOfPacks, type PackRow } from './packs.ts'
import { versionsByIds } from './pages.ts'
import { isReachable } from './reachable.ts'
import { shardState } from './shards.ts'
import { listStatement, statement } from './statement.ts'
import type { ShardsTable } from './tables.ts'
import type { Engine, Transaction } from './transaction.ts'
import { vaultOf } from './vaults.ts'

const packsOfVersions = listStatement((builder, _args: object, versions: number[]) =>
  builder
    .selectFrom('refs')
    .innerJoin('chunks', 'chunks.key', 'refs.chunk')
    .select(['refs.version', 'chunks.pack'])
    .distinct()
    .where('refs.version', 'in', versions),
)

const packsOfRange = statement((builder, args: { version: number; from: number; below: number }) =>
  builder
    .selectFrom('refs')
    .innerJoin('chunks', 'chunks.key', 'refs.chunk')
    .select(['refs.version', 'chunks.pack'])
    .distinct()
    .where('refs.version', '=', args.version)
    .where('refs.position', '>=', args.from)
    .where('refs.position', '<', args.below),
)

const headsAfter = statement((builder, args: { vault: number; after: Uint8Array; most: number }) =>
  builder
    .selectFrom('entries')
    .innerJoin('versions', 'versions.key', 'entries.head')
    .select([
      'entries.id',
      'entries.kind',
      'entries.parent',
      'entries.deleted_ms',
      'versions.key',
      'versions.chunk_count',
    ])
    .where('entries.vault', '=', args.vault)
    .where('entries.id', '>', args.after)
    .orderBy('entries.id')
    .limit(args.most),
)

/** Chunks whose places one read looks at. */
const chunksPerRead = limits.catalogueUnitRows * 4
const worse: readonly Health[] = ['complete', 'degraded', 'unknown', 'lost']

interface Head {
  readonly key: number
  readonly chunk_count: number
}

/** Versions that one read looks at, or a part of one large version. */
type Unit =
  | { readonly kind: 'whole'; readonly versions: readonly number[] }
  | { readonly kind: 'part'; readonly version: number; readonly from: number }

/** Keeps what it found of packs from read to read. */
class HealthSurvey {
  readonly #engine: Engine
  readonly #up: ReadonlySet<Id>
  readonly #packs = new Map<number, Health>()

  constructor(engine: Engine, up: readonly Id[]) {
    this.#engine = engine
    this.#up = new Set(up)
  }

  /** The worst of its packs, for each version. */
  async of(heads: readonly Head[]): Promise<Map<number, Health>> {
    const found = new Map<number, Health>(heads.map((head) => [head.key, 'complete']))
    for (const unit of planUnits(heads)) {
      const pairs = await this.#engine.read((transaction) => this.#look(transaction, unit))
      for (const { version, pack } of pairs) {
        found.set(version, worst(found.get(version)!, this.#packs.get(pack) ?? 'lost'))
      }
    }
    return found
  }

  async #look(
    transaction: Transaction,
    unit: Unit,
  ): Promise<readonly { readonly version: number; readonly pack: number }[]> {
    const pairs =
      unit.kind === 'whole'
        ? await transaction.list(packsOfVersions, {}, unit.versions)
        : await transaction.all(packsOfRange, {
            version: unit.version,
            from: unit.from,
            below: unit.from + chunksPerRead,
          })
    const fresh = new Set(pairs.map((each) => each.pack)).difference(this.#packs)
    await this.#learn(transaction, [...fresh])
    return pairs
  }

  async #learn(transaction: Transaction, keys: readonly number[]): Promise<void> {
    if (keys.length === 0) return
    const nodes = await nodeMap(transaction)
    const packs = await transaction.list(packsByKeys, {}, keys)
    const shards = Map.groupBy(
      await transaction.list(shardsOfPacks, {}, keys),
      (shard) => shard.pack,
    )
    for (const pack of packs) {
      const places = shards.get(pack.key) ?? []
      this.#packs.set(pack.key, packHealth(pack, places, { nodes, up: this.#up }))
    }
  }
}

/** Unions of small versions, and slices of large ones. */
function planUnits(heads: readonly Head[]): Unit[] {
  const units: Unit[] = []
  let versions: number[] = []
  let chunks = 0
  for (const { key, chunk_count } of heads) {
    if (chunk_count === 0) continue
    if (chunk_count > chunksPerRead) {
      for (let from = 0; from < chunk_count; from += chunksPerRead) {
        units.push({ kind: 'part', version: key, from })
      }
      continue
    }
    if (chunks + chunk_count > chunksPerRead) {
      units.push({ kind: 'whole', versions })
      versions = []
      chunks = 0
    }
    versions.push(key)
    chunks += chunk_count
  }
  return versions.length > 0 ? [...units, { kind: 'whole', versions }] : units
}

function worst(left: Health, right: Health): Health {
  return worse.indexOf(left) >= worse.indexOf(right) ? left : right
}

function packHealth(
  pack: PackRow,
  shards: readonly ShardsTable[],
  { nodes, up }: { readonly nodes: NodeMap; readonly up: ReadonlySet<Id> },
): Health {
  let here = 0
  let perhaps = 0
  for (const shard of shards) {
    const node = nodes.byKey.get(shard.node)
    const state = shardState(shard, node)
    if (state === 'durable' && up.has(node!.node)) here += 1
    else if (state === 'durable' || state === 'unknown') perhaps += 1
  }
  if (here === pack.k + pack.m) return 'complete'
  if (here >= pack.k) return 'degraded'
  return here + perhaps >= pack.k ? 'unknown' : 'lost'
}

/** Unknown and purged versions are absent from the answer. Throws VAULT_NOT_FOUND. */
export async function health(
  engine: Engine,
  request: { readonly vault: Id; readonly versions: readonly Id[]; readonly up: readonly Id[] },
): Promise<Map<Id, Health>> {
  const rows = await engine.read(async (transaction) => {
    const { key: vault } = await vaultOf(transaction, request.vault)
    const ids = [...new Set(request.versions)].map(idToBlob)
    return transaction.list(versionsByIds, { vault }, ids)
  })
  const known = [...new Map(rows.map((row) => [row.key, row])).values()].filter(
    (row) => row.n !== null,
  )
  const found = await new HealthSurvey(engine, request.up).of(known)
  return new Map(known.map((row) => [blobToId(row.id), found.get(row.key)!]))
}

export interface VaultHealthRequest {
  readonly vault: Id
  readonly up: readonly Id[]
  readonly after?: Id | undefined
  readonly entriesMax?: number | undefined
  readonly chunksMax?: number | undefined
}

/** Throws VAULT_NOT_FOUND. */
export async function vaultHealth(
  engine: Engine,
  request: VaultHealthRequest,
): Promise<HealthCounts & { next?: Id }> {
  const { entriesMax = Infinity, chunksMax = Infinity } = request
  const counts = { complete: 0, degraded: 0, unknown: 0, lost: 0 }
  const survey = new HealthSurvey(engine, request.up)
  const reachable = new Map<number, boolean>()
  const seen = { entries: 0, chunks: 0 }
  let after: Blob = request.after === undefined ? new Uint8Array(0) : idToBlob(request.after)
  for (;;) {
    const heads = await engine.read((transaction) =>
      headsOf(transaction, { vault: request.vault, after, reachable }),
    )
    const part = upTo(heads, chunksMax - seen.chunks)
    const files = part.filter(({ isFile }) => isFile)
    for (const each of (await survey.of(files)).values()) counts[each] += 1
    if (part.length === heads.length && heads.length < limits.catalogueUnitRows) return counts
    seen.entries += part.length
    for (const { chunk_count } of files) seen.chunks += chunk_count
    after = part.at(-1)!.id
    const enough = seen.entries >= entriesMax || seen.chunks >= chunksMax
    if (enough) return { ...counts, next: blobToId(after) }
  }
}

interface EntryHead extends Head {
  readonly id: Blob
  /** Live, a file or link, and in a folder that can be reached. */
  readonly isFile: boolean
}

async function headsOf(
  transaction: Transaction,
  from: {
    readonly vault: Id
    readonly after: Uint8Array
    readonly reachable: Map<number, boolean>
  },
): Promise<EntryHead[]> {
  const { after, reachable } = from
  const { key: vault } = await vaultOf(transaction, from.vault)
  const most = limits.catalogueUnitRows
  const heads: EntryHead[] = []
  for (const row of await transaction.all(headsAfter, { vault, after, most })) {
    const isLive = row.deleted_ms === null && row.kind !== entryKind.folder
    const isFile = isLive && (await isReachable(transaction, row.parent, reachable))
    heads.push({ ...row, isFile })
  }
  return heads
}

/** The first of them, at least one, until the one that passes so many chunks. */
function upTo(heads: readonly EntryHead[], chunksMax: number): readonly EntryHead[] {
  let chunks = 0
  const last = heads.findIndex(({ chunk_count, isFile }) => {
    chunks += isFile ? chunk_count : 0
    return chunks >= chunksMax
  })
  return last < 0 ? heads : heads.slice(0, last + 1)
}
