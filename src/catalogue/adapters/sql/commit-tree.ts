/**
 * The part of the tree that a commit touches, in memory: loaded once, changed operation by operation, so that
 * a later operation sees what an earlier one did. Nothing is written here.
 */
import { assert } from '../../../base/assert.ts'
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { CommitRequest, Conflict, OperationRow } from '../../rows/commits.ts'
import type { Id } from '../../ids.ts'
import { blobToId, idToBlob } from '../../ids.ts'
import { listStatement } from './statement.ts'
import type { Transaction } from './transaction.ts'
import type { VaultKeyRow } from './vaults.ts'

/** `key` is undefined until a new entry gets one. */
export interface Entry {
  readonly id: Id
  key: number | undefined
  readonly parent: Id | undefined
  readonly parentKey: number | null | undefined
  readonly tag: string
  readonly folder: boolean
  live: boolean
  /** Version id of the head. */
  head: Id | undefined
  /** Key of the head's row; undefined when it is of this commit. */
  headKey: number | undefined
  kind: OperationRow['kind'] | undefined
  implicit: boolean
  changed: boolean
  /** Made by this commit. */
  readonly fresh: boolean
}

export interface Tree {
  readonly root: Id
  readonly entries: Map<Id, Entry>
  readonly byKey: Map<number, Entry>
  /** Entry ids of live names, by `nameOf`. */
  readonly names: Map<string, Id>
}

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

function tooDeep(): HoldfastError {
  return new HoldfastError(
    'OVER_LIMIT',
    `Cannot commit: a folder is more than ${limits.folderDepthMax} folders deep`,
  )
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

function nameOf(parent: Id, tag: string, folder: boolean): string {
  return `${parent}/${tag}/${folder ? 'folder' : 'file'}`
}

/** Changes the tree as the operations say. Gives those that cannot be done. */
export function applyOperations(tree: Tree, request: CommitRequest): Conflict[] {
  const conflicts: Conflict[] = []
  request.operations.forEach((operation, at) => {
    const why = applyOperation(tree, operation)
    if (why !== undefined) conflicts.push({ at, why })
  })
  return conflicts
}

function applyOperation(tree: Tree, operation: OperationRow): Conflict['why'] | undefined {
  const parent = tree.entries.get(operation.parent)
  if (parent === undefined || !parent.folder || !isReachable(tree, parent)) return 'parent-gone'
  const entry = tree.entries.get(operation.entry)
  const why = entry === undefined ? refusedNew(operation) : refusedChange(tree, entry, operation)
  if (why !== undefined) return why
  const name = nameOf(operation.parent, operation.tag.toHex(), operation.kind === 'folder')
  if (!operation.tombstone) {
    const holder = tree.names.get(name)
    if (holder !== undefined && holder !== operation.entry) return 'exists'
  }
  const changed = entry ?? addNew(tree, operation)
  change(tree, changed, { operation, name })
  return undefined
}

function refusedNew(operation: OperationRow): Conflict['why'] | undefined {
  return operation.previous === undefined ? undefined : 'changed'
}

function refusedChange(
  tree: Tree,
  entry: Entry,
  operation: OperationRow,
): Conflict['why'] | undefined {
  const parent = parentOf(tree, entry)?.id
  const folder = operation.kind === 'folder'
  const samePlace = parent === operation.parent && entry.tag === operation.tag.toHex()
  if (!samePlace || entry.folder !== folder) return 'entry-exists'
  if (entry.head !== operation.previous) return 'changed'
  if (entry.live) return undefined
  // Reviving a folder would bring back what was in it.
  if (operation.tombstone) return 'changed'
  return folder ? 'entry-exists' : undefined
}

function addNew(tree: Tree, operation: OperationRow): Entry {
  const entry: Entry = {
    id: operation.entry,
    key: undefined,
    parent: operation.parent,
    parentKey: undefined,
    tag: operation.tag.toHex(),
    folder: operation.kind === 'folder',
    live: true,
    head: undefined,
    headKey: undefined,
    kind: operation.kind,
    implicit: operation.implicit,
    changed: true,
    fresh: true,
  }
  tree.entries.set(entry.id, entry)
  return entry
}

function change(
  tree: Tree,
  entry: Entry,
  { operation, name }: { readonly operation: OperationRow; readonly name: string },
): void {
  entry.live = !operation.tombstone
  entry.head = operation.version
  entry.kind = operation.kind
  entry.implicit = operation.implicit
  entry.changed = true
  if (entry.live) tree.names.set(name, entry.id)
  else if (tree.names.get(name) === entry.id) tree.names.delete(name)
}

export function parentOf(tree: Tree, entry: Entry): Entry | undefined {
  if (entry.parent !== undefined) return tree.entries.get(entry.parent)
  return typeof entry.parentKey === 'number' ? tree.byKey.get(entry.parentKey) : undefined
}

/** Whether it and all above it are live, up to the root. Throws OVER_LIMIT when that is too far. */
function isReachable(tree: Tree, entry: Entry): boolean {
  let at: Entry | undefined = entry
  for (let depth = 0; depth < limits.folderDepthMax; depth += 1) {
    if (!at.live) return false
    if (at.id === tree.root) return true
    at = parentOf(tree, at)
    assert(at !== undefined, 'every entry but the root has a parent')
  }
  throw tooDeep()
}
