/** Pages of versions with the places of their chunks. */
import { limits } from '../../../base/limits.ts'
import type { ChunkPlace, Lookup, PageRow } from '../../rows/reading.ts'
import type { Id } from '../../ids.ts'
import { idToBlob } from '../../ids.ts'
import { placesByKey } from './pack-places.ts'
import { versionsByIds } from './pages.ts'
import { listStatement, statement } from './statement.ts'
import type { Transaction } from './transaction.ts'
import { vaultOf } from './vaults.ts'

const firstPages = listStatement((builder, _args: object, versions: number[]) =>
  builder
    .selectFrom('pages')
    .select(['version', 'number', 'sealed_lengths'])
    .where('version', 'in', versions)
    .where('number', '=', 0),
)

const firstRefs = listStatement((builder, _args: object, versions: number[]) =>
  builder
    .selectFrom('refs')
    .innerJoin('chunks', 'chunks.key', 'refs.chunk')
    .select(['refs.version', 'refs.position', 'chunks.id', 'chunks.pack', 'chunks.offset'])
    .select(['chunks.length', 'chunks.generation'])
    .where('refs.version', 'in', versions)
    .where('refs.position', '<', limits.pageChunksMax),
)

const onePage = statement((builder, args: { version: number; number: number }) =>
  builder
    .selectFrom('pages')
    .select(['version', 'number', 'sealed_lengths'])
    .where('version', '=', args.version)
    .where('number', '=', args.number),
)

const refsBetween = statement((builder, args: { version: number; from: number; below: number }) =>
  builder
    .selectFrom('refs')
    .innerJoin('chunks', 'chunks.key', 'refs.chunk')
    .select(['refs.version', 'refs.position', 'chunks.id', 'chunks.pack', 'chunks.offset'])
    .select(['chunks.length', 'chunks.generation'])
    .where('refs.version', '=', args.version)
    .where('refs.position', '>=', args.from)
    .where('refs.position', '<', args.below),
)

export interface LookupRequest {
  readonly vault: Id
  readonly versions: readonly { readonly version: Id; readonly from: number }[]
  readonly pagesMax: number
  readonly chunksMax: number
}

interface Wanted {
  readonly version: Id
  readonly key: number
  readonly number: number
}

/** Throws VAULT_NOT_FOUND. */
export async function lookup(transaction: Transaction, request: LookupRequest): Promise<Lookup> {
  const { key: vault } = await vaultOf(transaction, request.vault)
  const ids = request.versions.map((each) => idToBlob(each.version))
  const rows = await transaction.list(versionsByIds, { vault }, ids)
  const known = new Map(rows.filter((row) => row.n !== null).map((row) => [row.id.toHex(), row]))
  const { wanted, more } = choosePages(request, known)
  const { pages, refs } = await readPages(transaction, wanted)
  const packKeys = [...new Set(refs.values().flatMap((each) => each.map((ref) => ref.pack)))]
  const places = await placesByKey(transaction, packKeys)
  const positions = new Map([...places.keys()].map((key, at) => [key, at]))
  return {
    pages: wanted.map((each) => pageRow(each, { pages, refs, positions })),
    more,
    packs: [...places.values()],
  }
}

/** Which pages this answer brings, and what is left for the next ones. */
function choosePages(
  request: LookupRequest,
  known: ReadonlyMap<Id, { readonly key: number; readonly chunk_count: number }>,
): { wanted: Wanted[]; more: { version: Id; from: number }[] } {
  const wanted: Wanted[] = []
  const more: { version: Id; from: number }[] = []
  let chunks = 0
  for (const { version, from } of request.versions) {
    const row = known.get(version)
    if (row === undefined) continue
    const count = Math.ceil(row.chunk_count / limits.pageChunksMax)
    let number = from
    while (number < count && wanted.length < request.pagesMax && chunks < request.chunksMax) {
      wanted.push({ version, key: row.key, number })
      chunks += Math.min(limits.pageChunksMax, row.chunk_count - number * limits.pageChunksMax)
      number += 1
    }
    if (number < count) more.push({ version, from: number })
  }
  return { wanted, more }
}

interface Ref {
  readonly version: number
  readonly position: number
  readonly id: Uint8Array
  readonly pack: number
  readonly offset: number
  readonly length: number
  readonly generation: number
}

interface PagesRead {
  readonly pages: ReadonlyMap<string, Uint8Array>
  readonly refs: ReadonlyMap<string, Ref[]>
}

function pageName(version: number, number: number): string {
  return `${version}/${number}`
}

/** First pages many at a time, as small files have only those; others one by one. */
async function readPages(transaction: Transaction, wanted: readonly Wanted[]): Promise<PagesRead> {
  const first = [...new Set(wanted.flatMap((each) => (each.number === 0 ? each.key : [])))]
  const pages = await transaction.list(firstPages, {}, first)
  const refs: Ref[] = await transaction.list(firstRefs, {}, first)
  for (const { key: version, number } of wanted) {
    if (number === 0) continue
    const from = number * limits.pageChunksMax
    const below = from + limits.pageChunksMax
    for (const page of await transaction.all(onePage, { version, number })) pages.push(page)
    for (const ref of await transaction.all(refsBetween, { version, from, below })) refs.push(ref)
  }
  return {
    pages: new Map(pages.map((page) => [pageName(page.version, page.number), page.sealed_lengths])),
    refs: Map.groupBy(refs, (ref) =>
      pageName(ref.version, Math.floor(ref.position / limits.pageChunksMax)),
    ),
  }
}

function pageRow(
  { version, key, number }: Wanted,
  read: PagesRead & { readonly positions: ReadonlyMap<number, number> },
): PageRow {
  const name = pageName(key, number)
  const refs = (read.refs.get(name) ?? []).toSorted((left, right) => left.position - right.position)
  const chunks = refs.map((ref): ChunkPlace => {
    const { id, offset, length, generation } = ref
    return { id, pack: read.positions.get(ref.pack)!, offset, length, generation }
  })
  return { version, number, sealedLengths: read.pages.get(name)!, chunks }
}
