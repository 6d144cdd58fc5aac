/**
 * Changes the tree in memory operation by operation, so that a later one sees what an earlier one did. Nothing
 * is written here.
 */
import { assert } from '../../../base/assert.ts'
import { limits } from '../../../base/limits.ts'
import type { CommitRequest, Conflict, OperationRow } from '../../rows/commits.ts'
import { nameOf, parentOf, tooDeep, type Entry, type Tree } from './commit-tree.ts'

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
    if (entry?.live !== true && hasTwin(tree, operation)) return 'exists'
  }
  const changed = entry ?? addNew(tree, operation)
  change(tree, changed, { operation, name })
  return undefined
}

/** Whether a folder has the name that a file wants, or the other way round. */
function hasTwin(tree: Tree, { parent, tag, kind }: OperationRow): boolean {
  return tree.names.has(nameOf(parent, tag.toHex(), kind !== 'folder'))
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
