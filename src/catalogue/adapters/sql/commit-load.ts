/** Loads the part of the tree that a commit touches. */
import { limits } from '../../../base/limits.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import type { OperationRow } from '../../rows/commits.ts'
import { nameOf, tooDeep, type Entry, type Tree } from './commit-tree.ts'
import { listStatement } from './statement.ts'
import type { Transaction } from './transaction.ts'
import type { VaultKeyRow } from './vaults.ts'

const columns = [
  'entries.key',
  'entries.id',
  'entries.parent',
  'entries.tag',
  'entries.folder',
  'entries.head',
  'entries.deleted_ms',
  'versions.id as head_id',
] as const

const entriesByIds = listStatement((builder, args: { vault: number }, ids: Uint8Array[]) =>
  builder
    .selectFrom('entries')
    .leftJoin('versions', 'versions.key', 'entries.head')
    .select(columns)
    .where('entries.vault', '=', args.vault)
    .where('entries.id', 'in', ids),
)

const entriesByKeys = listStatement((builder, _args: object, keys: number[]) =>
  builder
    .selectFrom('entries')
    .leftJoin('versions', 'versions.key', 'entries.head')
    .select(columns)
    .where('entries.key', 'in', keys),
)

const liveNames = listStatement((builder, args: { parent: number }, tags: Uint8Array[]) =>
  builder
    .selectFrom('entries')
    .select(['id', 'tag', 'folder'])
    .where('parent', '=', args.parent)
    .where('tag', 'in', tags)
    .where('deleted_ms', 'is', null),
)

/** Everything the operations name, all folders above it, and who has the names they want. */
export async function loadTree(
  transaction: Transaction,
  operations: readonly OperationRow[],
  vault: VaultKeyRow,
): Promise<Tree> {
  const root = blobToId(vault.id)
  const tree: Tree = { root, entries: new Map(), byKey: new Map(), names: new Map() }
  const ids = new Set(operations.flatMap((each) => [each.entry, each.parent]))
  const args = { vault: vault.key }
  const rows = await transaction.list(entriesByIds, args, [...ids].map(idToBlob))
  for (const row of rows) addRow(tree, row)
  await loadAncestors(transaction, tree)
  await loadNames(transaction, tree, operations)
  return tree
}

function addRow(
  tree: Tree,
  row: {
    readonly key: number
    readonly id: Uint8Array
    readonly parent: number | null
    readonly tag: Uint8Array
    readonly folder: number
    readonly head: number | null
    readonly deleted_ms: number | null
    readonly head_id: Uint8Array | null
  },
): void {
  if (tree.byKey.has(row.key)) return
  const entry: Entry = {
    id: blobToId(row.id),
    key: row.key,
    parent: undefined,
    parentKey: row.parent,
    tag: row.tag.toHex(),
    folder: row.folder === 1,
    live: row.deleted_ms === null,
    head: row.head_id === null ? undefined : blobToId(row.head_id),
    headKey: row.head ?? undefined,
    kind: undefined,
    implicit: false,
    changed: false,
    fresh: false,
  }
  tree.byKey.set(row.key, entry)
  tree.entries.set(entry.id, entry)
}

/** Throws OVER_LIMIT when the tree is deeper than it may be. */
async function loadAncestors(transaction: Transaction, tree: Tree): Promise<void> {
  let depth = 0
  for (;;) {
    const wanted = new Set<number>()
    for (const { parentKey } of tree.byKey.values()) {
      if (typeof parentKey === 'number' && !tree.byKey.has(parentKey)) wanted.add(parentKey)
    }
    if (wanted.size === 0) return
    if ((depth += 1) > limits.folderDepthMax) throw tooDeep()
    for (const row of await transaction.list(entriesByKeys, {}, [...wanted])) addRow(tree, row)
  }
}

async function loadNames(
  transaction: Transaction,
  tree: Tree,
  operations: readonly OperationRow[],
): Promise<void> {
  const wanting = operations.filter((each) => !each.tombstone)
  for (const [id, group] of Map.groupBy(wanting, (each) => each.parent)) {
    const parent = tree.entries.get(id)?.key
    if (parent === undefined) continue
    const rows = await transaction.list(
      liveNames,
      { parent },
      group.map((each) => each.tag),
    )
    for (const row of rows) {
      tree.names.set(nameOf(id, row.tag.toHex(), row.folder === 1), blobToId(row.id))
    }
  }
}
