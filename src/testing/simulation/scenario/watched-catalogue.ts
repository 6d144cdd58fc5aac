/** A catalogue that is watched: what must hold at each moment is checked with questions of its own. */
import type { SqliteDatabase } from '../../../catalogue/adapters/open-inline.ts'
import { packState, shardCode } from '../../../catalogue/adapters/sql/codes.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import { equalBytes } from '../../../base/bytes.ts'
import { decodeOperation } from '../../../core/operation.ts'
import { catalogueWith } from '../grid/passing-catalogue.ts'

type CommitRequest = Parameters<Catalogue['commit']>[0]

type CensusRequest = Parameters<Catalogue['census']>[0]
type ShardKey = NonNullable<CensusRequest['after']>

export interface Watching {
  readonly database: SqliteDatabase
  readonly nowMs: () => number
  /** Whether this node (id) is one that may lose what it acknowledged. */
  readonly mayLose: (node: string) => boolean
  readonly complain: (what: string) => void
}

export function watchedCatalogue(catalogue: Catalogue, watching: Watching): Catalogue {
  return catalogueWith(catalogue, {
    async commit(request) {
      const answer = await catalogue.commit(request)
      if (answer.kind === 'committed') {
        checkChunks(request, watching)
        checkHeads(request, watching)
      }
      return answer
    },
    census(request) {
      checkCensus(request, watching)
      return catalogue.census(request)
    },
    async emptyTrash(request) {
      const before = leasedChunks(watching)
      const emptied = await catalogue.emptyTrash(request)
      const after = leasedChunks(watching)
      for (const chunk of before) {
        if (!after.has(chunk))
          watching.complain(`chunk ${chunk} went in spite of its upload's lease`)
      }
      return emptied
    },
  })
}

/** Whatever was committed refers to packs that are alive and as durable as was asked for. */
function checkChunks(request: CommitRequest, { database, complain }: Watching): void {
  for (const { version, chunkCount } of request.operations) {
    const rows = database.run(
      `select count(*) as refs, min(packs.state = ${packState.live}) as live,
       min((select count(*) from shards where shards.pack = packs.key
            and shards.state in (${shardCode.durable}, ${shardCode.unknown})) >=
           coalesce(?, vaults.threshold)) as durable
       from versions join refs on refs.version = versions.key
       join chunks on chunks.key = refs.chunk join packs on packs.key = chunks.pack
       join vaults on vaults.key = versions.vault where versions.id = ?`,
      [request.threshold ?? null, Uint8Array.fromHex(version)],
    )
    const { refs, live, durable } = rows[0] as Record<'refs' | 'live' | 'durable', number>
    if (refs !== chunkCount) complain(`version ${version} has ${refs} of ${chunkCount} references`)
    if (refs > 0 && live === 0) complain(`version ${version} refers to a pack that is dead`)
    if (refs > 0 && durable === 0) complain(`version ${version} refers to a pack short of shards`)
  }
}

/** Each version follows the one that was the head when it was committed. */
function checkHeads({ operations }: CommitRequest, { database, complain }: Watching): void {
  for (const { version } of operations) {
    const [own, before] = database.run(
      `select versions.id, versions.bytes from versions
       join versions as own on own.entry = versions.entry and own.id = ?
       where (versions.n, versions.position) <= (own.n, own.position)
       order by versions.n desc, versions.position desc limit 2`,
      [Uint8Array.fromHex(version)],
    ) as { readonly id: Uint8Array; readonly bytes: Uint8Array | null }[]
    if (own?.bytes == null || before === undefined) continue
    const { previous } = decodeOperation(own.bytes)
    const follows = previous !== undefined && equalBytes(previous, before.id)
    // What came between may be purged by now
    if (follows || !isThere(database, previous)) continue
    complain(`version ${version} replaces what was no head: that was ${before.id.toHex()}`)
  }
}

function isThere(database: SqliteDatabase, version: Uint8Array | undefined): boolean {
  if (version === undefined) return true
  return database.run('select 1 from versions where id = ?', [version]).length > 0
}

/** What a node acknowledged is there when it is counted, unless the node is one that may lose it. */
function checkCensus(
  { node, after, upTo, held, askedMs = 0 }: CensusRequest,
  { database, complain, mayLose }: Watching,
): void {
  if (mayLose(node)) return
  // One that could not be read just now is listed too
  const listed = new Set(held.map(nameOf))
  const rows = database.run(
    `select lower(hex(packs.id)) as pack, "index", packs.generation from shards
     join packs on packs.key = shards.pack join nodes on nodes.key = shards.node
     where nodes.id = ? and shards.state = ${shardCode.durable} and shards.epoch = nodes.epoch
     and packs.state = ${packState.live} and since_ms < ?`,
    [Uint8Array.fromHex(node), askedMs],
  ) as ShardKey[]
  for (const row of rows) {
    const asked = (after === undefined || nameOf(row) > nameOf(after)) && isUpTo(row, upTo)
    if (asked && !listed.has(nameOf(row))) {
      complain(`node ${node} lost shard ${nameOf(row)}, for which it had given a receipt`)
    }
  }
}

function isUpTo(row: ShardKey, upTo: ShardKey | undefined): boolean {
  return upTo === undefined || nameOf(row) <= nameOf(upTo)
}

/** In the order of the listing. */
function nameOf({ pack, index, generation }: ShardKey): string {
  return `${pack}/${String(index).padStart(2, '0')}/${generation}`
}

function leasedChunks({ database, nowMs }: Watching): Set<string> {
  const rows = database.run(
    `select distinct lower(hex(chunks.id)) as id from chunks
     join upload_packs on upload_packs.pack = chunks.pack
     join uploads on uploads.key = upload_packs.upload where uploads.expires_ms > ?`,
    [nowMs()],
  ) as { readonly id: string }[]
  return new Set(rows.map(({ id }) => id))
}
