import { limits } from '../../base/limits.ts'
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
    if (found === path.length - 1) return lastStep(index, { folder, found, name })
    const { file, folder: inner } = index.named({ parent: folder, name })
    if (!inner)
      return file ? { kind: 'blocked', entry: file, found } : { kind: 'missing', folder, found }
    folder = inner.entry
  }
  return { kind: 'root', folder: vault }
}

/**
 * Resolves paths in the order of a walk: the folder that many of them lie in is looked up once for as many
 * as `limits.batchFilesMax`, and what becomes of it meanwhile is not seen.
 */
export class PathFinder {
  readonly #index: VaultIndex
  readonly #vault: string
  #above: Path = []
  #folder: Resolved | undefined
  #left = 0

  constructor(index: VaultIndex, vault: string) {
    this.#index = index
    this.#vault = vault
  }

  find(path: Path): Resolved {
    const folder = this.#folderOf(path)
    const name = path.at(-1)
    if (name === undefined || folder.kind === 'missing') return folder
    // A file may stand where the folder is, too.
    if (!('folder' in folder)) return resolvePath(this.#index, { vault: this.#vault, path })
    return lastStep(this.#index, { folder: folder.folder, found: path.length - 1, name })
  }

  #folderOf(path: Path): Resolved {
    if (this.#folder === undefined || this.#left === 0 || !this.#isAbove(path)) {
      this.#above = path.slice(0, -1)
      this.#left = limits.batchFilesMax
      this.#folder = resolvePath(this.#index, { vault: this.#vault, path: this.#above })
    }
    this.#left -= 1
    return this.#folder
  }

  /** A walk gives the names above as the same arrays: others are only looked up again. */
  #isAbove(path: Path): boolean {
    const above = this.#above
    return path.length === above.length + 1 && above.every((name, at) => path[at] === name)
  }
}

/** `found` names lead to `folder`, and `name` is the last. */
function lastStep(
  index: VaultIndex,
  at: { readonly folder: string; readonly found: number; readonly name: Uint8Array },
): Resolved {
  const { folder, found, name } = at
  const { file, folder: inner } = index.named({ parent: folder, name })
  if (file) return { kind: file.kind === 'link' ? 'link' : 'file', entry: file }
  if (inner) return { kind: 'folder', folder: inner.entry, entry: inner }
  return { kind: 'missing', folder, found }
}
