/** Paths, listings, folders and removal in one vault, all on its index. Paths are lists of names. */
import { HoldfastError } from '../base/errors.ts'
import type { Committer } from './commit/committer.ts'
import type { IndexEntry, VaultIndex } from './index/vault-index.ts'
import type { Session } from './session.ts'
import type { OpenVault } from './vaults.ts'

export type Path = readonly Uint8Array[]

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

/** Names of `/a/b`, `a//b/` and the like; none for the root. BAD_NAME for `.`, `..` and what no name may be. */
export function parsePath(_path: Uint8Array): Uint8Array[] {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}

/** `/a/b`; `/` for the root. */
export function formatPath(_path: Path): Uint8Array {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}

/** Of a file and a folder with the last name, gives the file. */
export function resolvePath(_index: VaultIndex, _place: { vault: string; path: Path }): Resolved {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}

export interface Listed {
  /** From the folder that is listed. */
  readonly path: Path
  readonly entry: IndexEntry
}

/**
 * Live children of a folder in byte order of their names; with `recursive` each folder is followed by what
 * is in it. Reads on as it is asked, so that any number fits. Implicit folders are left out when empty.
 */
export function listFolder(
  _index: VaultIndex,
  _wanted: { readonly folder: string; readonly recursive?: boolean },
): Generator<Listed> {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}

export type Health = 'complete' | 'degraded' | 'unknown' | 'lost'

/** Health of versions, in order, asked for in slices; undefined for a version that is gone. */
export function healthOf(
  _session: Session,
  _wanted: {
    readonly vault: OpenVault
    readonly versions: readonly string[]
    readonly signal?: AbortSignal | undefined
  },
): Promise<(Health | undefined)[]> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

export interface Removal {
  readonly path: Path
  /** With all that is in it. */
  readonly recursive: boolean
  /** Its versions are purged at once. */
  readonly now: boolean
  readonly signal?: AbortSignal | undefined
}

/** NOT_FOUND, FOLDER_NOT_EMPTY, BAD_USAGE (the root). Gives the tombstone. */
export function removePath(_committer: Committer, _removal: Removal): Promise<IndexEntry> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/** EXISTS when there is anything of that name; missing parents are made. */
export function makeFolder(
  _committer: Committer,
  _wanted: { readonly path: Path; readonly mode?: number; readonly signal?: AbortSignal },
): Promise<IndexEntry> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}
