/**
 * Purging, in bounded transactions. A deleted folder takes everything below it along, depth first, by a
 * worklist, so that it can stop and go on anywhere.
 */
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../ids.ts'
import { idToBlob } from '../../ids.ts'
import { isReachable } from './reachable.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { Engine, Transaction } from './transaction.ts'
import { vaultOf } from './vaults.ts'
import { doomVersion } from './worklists.ts'

const enlistEntries = rowsStatement<{ entry: number }, unknown>(['entry'], (builder, rows) =>
  builder
    .insertInto('purging')
    .values(rows)
    .onConflict((conflict) => conflict.column('entry').doNothing()),
)

const nextPurging = statement((builder) =>
  builder.selectFrom('purging').select(['key', 'entry']).orderBy('key', 'desc').limit(1),
)

const delist = statement((builder, args: { key: number }) =>
  builder.deleteFrom('purging').where('key', '=', args.key),
)

const delistEntries = listStatement((builder, _args: object, entries: number[]) =>
  builder.deleteFrom('purging').where('entry', 'in', entries),
)

const entryByKey = statement((builder, args: { key: number }) =>
  builder
    .selectFrom('entries')
    .select(['parent', 'deleted_ms', 'head'])
    .where('key', '=', args.key),
)

const childrenOf = statement((builder, args: { parent: number; most: number }) =>
  builder
    .selectFrom('entries')
    .select('key as entry')
    .where('parent', '=', args.parent)
    .limit(args.most),
)

const versionsOf = statement((builder, args: { entry: number; most: number }) =>
  builder
    .selectFrom('versions')
    .select('key')
    .where('entry', '=', args.entry)
    .orderBy('key')
    .limit(args.most),
)

/**
 * A tombstone outlives its entry in the feed: who was behind when it was purged must still learn that the
 * entry is gone.
 */
const detachVersion = statement((builder, args: { key: number }) =>
  builder.updateTable('versions').set({ entry: null }).where('key', '=', args.key),
)

const deleteEntry = statement((builder, args: { key: number }) =>
  builder.deleteFrom('entries').where('key', '=', args.key),
)

const replacedBefore = statement((builder, args: { beforeMs: number; most: number }) =>
  builder
    .selectFrom('versions')
    .select('key')
    .where('replaced_ms', 'is not', null)
    .where('replaced_ms', '<', args.beforeMs)
    .orderBy('replaced_ms')
    .limit(args.most),
)

const deletedBefore = statement((builder, args: { beforeMs: number; most: number }) =>
  builder
    .selectFrom('entries')
    .select('key as entry')
    .where('deleted_ms', 'is not', null)
    .where('deleted_ms', '<', args.beforeMs)
    .orderBy('deleted_ms')
    .limit(args.most),
)

const deletedByIds = listStatement((builder, args: { vault: number }, ids: Uint8Array[]) =>
  builder
    .selectFrom('entries')
    .select('key as entry')
    .where('vault', '=', args.vault)
    .where('id', 'in', ids)
    .where('deleted_ms', 'is not', null),
)

/** Versions that one transaction purges at most. */
const perUnit = 256

/** Works on what is enlisted. Gives how many versions went, undefined when nothing is enlisted. */
async function purgeEnlisted(transaction: Transaction, most: number): Promise<number | undefined> {
  let purged = 0
  for (let steps = 0; steps < perUnit && purged < most; steps += 1) {
    const next = await transaction.one(nextPurging, {})
    if (next === undefined) return steps === 0 ? undefined : purged
    purged += await purgeStep(transaction, next, most - purged)
  }
  return purged
}

async function purgeStep(
  transaction: Transaction,
  { key, entry }: { readonly key: number; readonly entry: number },
  most: number,
): Promise<number> {
  const row = await transaction.one(entryByKey, { key: entry })
  const revived = row !== undefined && row.deleted_ms === null && row.parent !== null
  if (row === undefined || (revived && (await isReachable(transaction, row.parent, new Map())))) {
    await transaction.all(delist, { key })
    return 0
  }
  const children = await transaction.all(childrenOf, { parent: entry, most: perUnit })
  if (children.length > 0) {
    await enlistOnTop(transaction, children)
    return 0
  }
  const versions = await transaction.all(versionsOf, { entry, most })
  for (const version of versions) {
    const isTombstone = row.deleted_ms !== null && version.key === row.head
    if (isTombstone) await transaction.all(detachVersion, version)
    else await doomVersion(transaction, version.key)
  }
  if (versions.length === most) return versions.length
  await transaction.all(deleteEntry, { key: entry })
  await transaction.all(delist, { key })
  return versions.length
}

/** One that was enlisted before goes to the top: its folder waits for it. */
async function enlistOnTop(
  transaction: Transaction,
  children: readonly { readonly entry: number }[],
): Promise<void> {
  const entries = children.map(({ entry }) => entry)
  await transaction.list(delistEntries, {}, entries)
  await transaction.insert(enlistEntries, children)
}

async function purgeReplaced(
  transaction: Transaction,
  request: { readonly beforeMs: number; readonly most: number },
): Promise<number> {
  const most = Math.min(request.most, perUnit)
  const versions = await transaction.all(replacedBefore, { beforeMs: request.beforeMs, most })
  for (const { key } of versions) await doomVersion(transaction, key)
  return versions.length
}

async function enlistDeleted(transaction: Transaction, beforeMs: number): Promise<number> {
  const entries = await transaction.all(deletedBefore, { beforeMs, most: perUnit })
  await transaction.insert(enlistEntries, entries)
  return entries.length
}

/** Gives how many versions went: fewer than `most` only when nothing due is left. */
export async function purge(
  engine: Engine,
  { beforeMs, most }: { readonly beforeMs: number; readonly most: number },
): Promise<number> {
  let purged = 0
  while (purged < most) {
    const left = Math.min(most - purged, perUnit)
    const enlisted = await engine.write((transaction) => purgeEnlisted(transaction, left))
    if (enlisted !== undefined) {
      purged += enlisted
      continue
    }
    const replaced = await engine.write((transaction) =>
      purgeReplaced(transaction, { beforeMs, most: left }),
    )
    purged += replaced
    if (replaced > 0) continue
    const more = await engine.write((transaction) => enlistDeleted(transaction, beforeMs))
    if (more === 0) break
  }
  return purged
}

/** Entries whose head is no tombstone are passed over. Throws VAULT_NOT_FOUND. */
export async function purgeEntries(
  engine: Engine,
  request: { readonly vault: Id; readonly entries: readonly Id[]; readonly most: number },
): Promise<{ more: boolean }> {
  await engine.write(async (transaction) => {
    const { key: vault } = await vaultOf(transaction, request.vault)
    const rows = await transaction.list(deletedByIds, { vault }, request.entries.map(idToBlob))
    const distinct = [...new Set(rows.map((row) => row.entry))]
    await transaction.insert(
      enlistEntries,
      distinct.map((entry) => ({ entry })),
    )
  })
  for (let purged = 0; purged < request.most;) {
    const left = Math.min(request.most - purged, limits.catalogueUnitRows)
    const part = await engine.write((transaction) => purgeEnlisted(transaction, left))
    if (part === undefined) return { more: false }
    purged += part
  }
  const next = await engine.read((transaction) => transaction.one(nextPurging, {}))
  return { more: next !== undefined }
}
