/** Writes the entries of a commit, and what they replace. */
import { idToBlob } from '../../ids.ts'
import { entryKind } from './codes.ts'
import type { GoodCommit } from './commit-good.ts'
import { parentOf, type Entry, type Tree } from './commit-tree.ts'
import { listStatement, rowsStatement, statement } from './statement.ts'
import type { EntriesTable } from './tables.ts'
import type { Transaction } from './transaction.ts'
import type { VaultKeyRow } from './vaults.ts'

const insertEntries = rowsStatement<EntriesTable, unknown>(
  ['key', 'vault', 'id', 'parent', 'tag', 'folder', 'kind', 'implicit', 'head', 'deleted_ms'],
  (builder, rows) => builder.insertInto('entries').values(rows),
)

const updateEntry = statement(
  (
    builder,
    args: {
      key: number
      kind: number
      implicit: number
      head: number
      deleted_ms: number | null
    },
  ) =>
    builder
      .updateTable('entries')
      .set({
        kind: args.kind,
        implicit: args.implicit,
        head: args.head,
        deleted_ms: args.deleted_ms,
      })
      .where('key', '=', args.key),
)

const buryEntries = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder.updateTable('entries').set({ deleted_ms: args.nowMs }).where('key', 'in', keys),
)

const markReplaced = listStatement((builder, args: { nowMs: number }, keys: number[]) =>
  builder.updateTable('versions').set({ replaced_ms: args.nowMs }).where('key', 'in', keys),
)

/** Names of deleted entries are given up first: others of this commit may take them. */
export async function replaceHeads(transaction: Transaction, tree: Tree): Promise<void> {
  const { nowMs } = transaction
  const changed = [...tree.entries.values()].filter((entry) => entry.changed)
  const replaced = changed.flatMap((entry) => entry.headKey ?? [])
  await transaction.list(markReplaced, { nowMs }, replaced)
  const buried = changed.flatMap((entry) => (entry.live || entry.fresh ? [] : entry.key!))
  await transaction.list(buryEntries, { nowMs }, buried)
}

/** In the operations' order, so that a parent comes before its children. */
export async function writeNewEntries(
  transaction: Transaction,
  { tree, vault }: GoodCommit,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  const fresh = [...tree.entries.values()].filter((entry) => entry.key === undefined)
  const first = await transaction.keys(fresh.length)
  for (const [at, entry] of fresh.entries()) entry.key = first + at
  const { nowMs } = transaction
  const rows = fresh.map((entry) => entryRow(entry, { tree, vault, nowMs, versions }))
  await transaction.insert(insertEntries, rows)
}

function entryRow(
  entry: Entry,
  context: {
    readonly tree: Tree
    readonly vault: VaultKeyRow
    readonly nowMs: number
    readonly versions: ReadonlyMap<string, number>
  },
): EntriesTable {
  return {
    key: entry.key!,
    vault: context.vault.key,
    id: idToBlob(entry.id),
    parent: parentOf(context.tree, entry)!.key!,
    tag: Uint8Array.fromHex(entry.tag),
    folder: Number(entry.folder),
    kind: entryKind[entry.kind!],
    implicit: Number(entry.implicit),
    head: context.versions.get(entry.head!)!,
    deleted_ms: entry.live ? null : context.nowMs,
  }
}

/** Of entries that were there before. */
export async function writeHeads(
  transaction: Transaction,
  tree: Tree,
  versions: ReadonlyMap<string, number>,
): Promise<void> {
  for (const entry of tree.entries.values()) {
    if (!entry.changed || entry.fresh) continue
    await transaction.all(updateEntry, {
      key: entry.key!,
      kind: entryKind[entry.kind!],
      implicit: Number(entry.implicit),
      head: versions.get(entry.head!)!,
      deleted_ms: entry.live ? null : transaction.nowMs,
    })
  }
}
