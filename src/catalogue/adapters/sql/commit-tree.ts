/** The part of the tree that a commit touches, in memory. */
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../ids.ts'
import type { OperationRow } from '../../rows/commits.ts'

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

/** Who has a name, as a file or as a folder. */
export function nameOf(parent: Id, tag: string, folder: boolean): string {
  return `${parent}/${tag}/${folder ? 'folder' : 'file'}`
}

export function parentOf(tree: Tree, entry: Entry): Entry | undefined {
  if (entry.parent !== undefined) return tree.entries.get(entry.parent)
  return typeof entry.parentKey === 'number' ? tree.byKey.get(entry.parentKey) : undefined
}

export function tooDeep(): HoldfastError {
  return new HoldfastError(
    'OVER_LIMIT',
    `Cannot commit: a folder is more than ${limits.folderDepthMax} folders deep`,
  )
}
