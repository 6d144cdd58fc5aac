import type { IndexEntry, VaultIndex } from '../index/vault-index.ts'
import type { Path } from './path.ts'

/** Where a path leads. */
export type Resolved =
  | { readonly kind: 'root'; readonly folder: string }
  | { readonly kind: 'folder'; readonly folder: string; readonly entry: IndexEntry }
  | { readonly kind: 'file'; readonly entry: IndexEntry }
  | { readonly kind: 'link'; readonly entry: IndexEntry }
  /** `found` names lead to `folder`, the next leads nowhere. */
  | { readonly kind: 'missing'; readonly folder: string; readonly found: number }
  /** The name at `found` is a file, and more names follow. */
  | { readonly kind: 'blocked'; readonly entry: IndexEntry; readonly found: number }

/** Of a file and a folder with the last name, gives the file. */
export function resolvePath(
  index: VaultIndex,
  place: { readonly vault: string; readonly path: Path },
): Resolved {
  const { vault, path } = place
  let folder = vault
  for (const [found, name] of path.entries()) {
    const last = found === path.length - 1
    const file = last ? index.child({ parent: folder, name, kind: 'file' }) : undefined
    if (file) return { kind: file.kind === 'link' ? 'link' : 'file', entry: file }
    const entry = index.child({ parent: folder, name, kind: 'folder' })
    if (!entry) return endOf(index, { folder, found, name, last })
    if (last) return { kind: 'folder', folder: entry.entry, entry }
    folder = entry.entry
  }
  return { kind: 'root', folder: vault }
}

function endOf(
  index: VaultIndex,
  at: {
    readonly folder: string
    readonly found: number
    readonly name: Uint8Array
    readonly last: boolean
  },
): Resolved {
  const { folder, found, name, last } = at
  const file = last ? undefined : index.child({ parent: folder, name, kind: 'file' })
  return file ? { kind: 'blocked', entry: file, found } : { kind: 'missing', folder, found }
}
