/** Pages and references of versions, and those staged before their commit. */
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import { chunkIdBytes } from '../../../core/sized.ts'
import type { Blob, Id } from '../../ids.ts'
import type { NewPage } from '../../rows/commits.ts'
import { idToBlob, splitBlobs } from '../../ids.ts'
import { findChunks, isHealthy, reviveChunks, type ChunkRow } from './chunks.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'
import { uploadOf } from './uploads.ts'
import { vaultOf, type VaultKeyRow } from './vaults.ts'

const insertPages = rowsStatement<Tables['pages'], unknown>(
  ['version', 'number', 'chunks', 'sealed_lengths'],
  (builder, rows) => builder.insertInto('pages').values(rows),
)

const insertRefs = rowsStatement<Tables['refs'], unknown>(
  ['version', 'position', 'chunk'],
  (builder, rows) => builder.insertInto('refs').values(rows),
)

const deletePage = statement((builder, args: { version: number; number: number }) =>
  builder.deleteFrom('pages').where('version', '=', args.version).where('number', '=', args.number),
)

const deleteRefs = statement((builder, args: { version: number; from: number; below: number }) =>
  builder
    .deleteFrom('refs')
    .where('version', '=', args.version)
    .where('position', '>=', args.from)
    .where('position', '<', args.below),
)

export const versionsByIds = listStatement((builder, args: { vault: number }, ids: Uint8Array[]) =>
  builder
    .selectFrom('versions')
    .select(['key', 'id', 'n', 'position', 'bytes', 'chunk_count', 'entry'])
    .where('vault', '=', args.vault)
    .where('id', 'in', ids),
)

const insertStagedVersion = statement(
  (builder, args: { key: number; vault: number; id: Uint8Array }) =>
    builder.insertInto('versions').values({
      key: args.key,
      vault: args.vault,
      id: args.id,
      entry: null,
      n: null,
      position: null,
      bytes: null,
      tombstone: 0,
      chunk_count: 0,
      replaced_ms: null,
    }),
)

const setStaged = statement((builder, args: Tables['staged']) =>
  builder
    .insertInto('staged')
    .values({ version: args.version, upload: args.upload })
    .onConflict((conflict) =>
      conflict.column('version').doUpdateSet((each) => ({ upload: each.ref('excluded.upload') })),
    ),
)

/** The chunk rows of all ids; those that this write may not refer to are in `missing`. */
export interface Resolved {
  readonly chunks: ReadonlyMap<string, ChunkRow>
  readonly missing: Blob
}

export async function resolveChunks(
  transaction: Transaction,
  ids: readonly Uint8Array[],
  { vault, threshold }: { readonly vault: number; readonly threshold: number },
): Promise<Resolved> {
  const distinct = new Map(ids.map((id) => [id.toHex(), id]))
  const chunks = await findChunks(transaction, vault, [...distinct.values()])
  const missing = [...distinct].filter(([hex]) => {
    const row = chunks.get(hex)
    return row === undefined || !isHealthy(row, threshold)
  })
  return { chunks, missing: joinIds(missing.map(([, id]) => id)) }
}

function joinIds(ids: readonly Uint8Array[]): Blob {
  const together = new Uint8Array(ids.length * chunkIdBytes)
  ids.forEach((id, at) => together.set(id, at * chunkIdBytes))
  return together
}

/** The threshold of a write: its own when it states one, never below k. */
export function thresholdOf(vault: VaultKeyRow, own: number | undefined): number {
  return Math.max(own ?? vault.threshold, vault.k)
}

export interface PagedVersion {
  readonly version: number
  readonly pages: readonly NewPage[]
}

/** Writes pages and references, and takes the chunks out of the trash. */
export async function writePages(
  transaction: Transaction,
  paged: readonly PagedVersion[],
  chunks: ReadonlyMap<string, ChunkRow>,
): Promise<void> {
  const pages: Tables['pages'][] = []
  const refs: Tables['refs'][] = []
  const trashed = new Set<number>()
  for (const { version, pages: ofVersion } of paged) {
    for (const { number, ids, sealedLengths } of ofVersion) {
      const split = splitBlobs(ids, chunkIdBytes)
      pages.push({ version, number, chunks: split.length, sealed_lengths: sealedLengths })
      let position = number * limits.pageChunksMax
      for (const id of split) {
        const row = chunks.get(id.toHex())!
        refs.push({ version, position, chunk: row.key })
        if (row.trash_since !== null) trashed.add(row.key)
        position += 1
      }
    }
  }
  await transaction.insert(insertPages, pages)
  await transaction.insert(insertRefs, refs)
  await reviveChunks(transaction, [...trashed])
}

export interface StageRequest {
  readonly upload: Id
  readonly vault: Id
  readonly version: Id
  readonly pages: readonly NewPage[]
  readonly threshold?: number | undefined
}

/** Repeating a page replaces it. */
export async function stagePages(
  transaction: Transaction,
  request: StageRequest,
): Promise<{ kind: 'staged' } | { kind: 'missing'; chunks: Blob } | { kind: 'upload-gone' }> {
  const vault = await vaultOf(transaction, request.vault)
  const upload = await uploadOf(transaction, request.upload, vault)
  if (upload === undefined) return { kind: 'upload-gone' }
  if (request.pages.some((page) => page.ids.length > limits.pageChunksMax * chunkIdBytes)) {
    throw malformedPages(`one has more than ${limits.pageChunksMax} chunks`)
  }
  const id = idToBlob(request.version)
  const [known] = await transaction.list(versionsByIds, { vault: vault.key }, [id])
  if (known !== undefined && known.n !== null) return { kind: 'staged' }
  const threshold = thresholdOf(vault, request.threshold)
  const ids = request.pages.flatMap((page) => splitBlobs(page.ids, chunkIdBytes))
  const resolved = await resolveChunks(transaction, ids, { vault: vault.key, threshold })
  if (resolved.missing.length > 0) return { kind: 'missing', chunks: resolved.missing }
  const version = known?.key ?? (await insertStaged(transaction, vault.key, id))
  await transaction.all(setStaged, { version, upload })
  for (const { number } of request.pages) await removePage(transaction, version, number)
  await writePages(transaction, [{ version, pages: request.pages }], resolved.chunks)
  return { kind: 'staged' }
}

async function insertStaged(
  transaction: Transaction,
  vault: number,
  id: Uint8Array,
): Promise<number> {
  const key = await transaction.keys(1)
  await transaction.all(insertStagedVersion, { key, vault, id })
  return key
}

/** A repeated page has the same chunks as a rule; others are looked at when the upload ends. */
async function removePage(
  transaction: Transaction,
  version: number,
  number: number,
): Promise<void> {
  const from = number * limits.pageChunksMax
  await transaction.all(deletePage, { version, number })
  await transaction.all(deleteRefs, { version, from, below: from + limits.pageChunksMax })
}

/**
 * Throws MALFORMED unless the pages are numbered from 0 on, each full but the last, with `chunkCount` ids in
 * all.
 */
export function checkPages(pages: readonly NewPage[], chunkCount: number): void {
  let count = 0
  pages.forEach((page, at) => {
    const ids = page.ids.length / chunkIdBytes
    const last = at === pages.length - 1
    const full = ids === limits.pageChunksMax
    const fits = full || (last && Number.isInteger(ids) && ids > 0 && ids < limits.pageChunksMax)
    if (page.number !== at || !fits)
      throw malformedPages(`page ${at} is not in its place, or short`)
    count += ids
  })
  if (count !== chunkCount) throw malformedPages(`${count} chunks instead of ${chunkCount}`)
}

function malformedPages(why: string): HoldfastError {
  return new HoldfastError('MALFORMED', `Cannot take the pages: ${why}`)
}
