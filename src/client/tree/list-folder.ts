import { limits } from '../../base/limits.ts'
import type { IndexEntry, VaultIndex } from '../index/vault-index.ts'
import type { Path } from './path.ts'

export interface Listed {
  /** From the folder that is listed. */
  readonly path: Path
  readonly entry: IndexEntry
}

/**
 * Live children of a folder in byte order of their names; with `recursive` each folder is followed by what
 * is in it. Reads on as it is asked, so that any number fits. Implicit folders are left out when empty.
 */
export function* listFolder(
  index: VaultIndex,
  wanted: { readonly folder: string; readonly recursive?: boolean },
): Generator<Listed> {
  for (const entry of childrenOf(index, wanted.folder)) {
    if (entry.implicit && !hasChild(index, entry.entry)) continue
    yield { path: [entry.name], entry }
    if (!wanted.recursive || entry.kind !== 'folder') continue
    for (const below of listFolder(index, { folder: entry.entry, recursive: true })) {
      yield { path: [entry.name, ...below.path], entry: below.entry }
    }
  }
}

/** Whether a folder holds anything but implicit folders that are empty. */
export function hasChild(index: VaultIndex, folder: string): boolean {
  for (const entry of childrenOf(index, folder)) {
    if (!entry.implicit || hasChild(index, entry.entry)) return true
  }
  return false
}

function* childrenOf(index: VaultIndex, parent: string): Generator<IndexEntry> {
  const most = limits.indexSliceEntriesMax
  for (let after: IndexEntry | undefined; ;) {
    const slice = index.children({ parent, after, most })
    yield* slice
    after = slice.at(-1)
    if (slice.length < most) return
  }
}
