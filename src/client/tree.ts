/** Paths, listings, folders and removal in one vault, all on its index. Paths are lists of names. */
import { concatBytes, utf8ToText } from '../base/bytes.ts'
import { assert } from '../base/assert.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { checkName } from '../core/name.ts'
import { fileTimeNow } from './commit/file-time.ts'
import type { Committer } from './commit/committer.ts'
import type { CommitOutcome } from './commit/pending.ts'
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

const slash = 0x2f
const defaultFolderMode = 0o755

/** Names of `/a/b`, `a//b/` and the like; none for the root. BAD_NAME for `.`, `..` and what no name may be. */
export function parsePath(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = []
  for (let at = 0; at < path.length;) {
    const end = path.indexOf(slash, at)
    const name = path.subarray(at, end < 0 ? path.length : end)
    if (name.length > 0) names.push(name)
    at += name.length + 1
  }
  for (const name of names) checkName(name)
  return names
}

/** `/a/b`; `/` for the root. */
export function formatPath(path: Path): Uint8Array {
  if (path.length === 0) return Uint8Array.of(slash)
  return concatBytes(path.flatMap((name) => [Uint8Array.of(slash), name]))
}

/** For messages: what is not UTF-8 shows as U+FFFD. */
export function pathText(path: Path): string {
  return utf8ToText(formatPath(path))
}

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

export type Health = 'complete' | 'degraded' | 'unknown' | 'lost'

/** Health of versions, in order, asked for in slices; undefined for a version that is gone. */
export async function healthOf(
  session: Session,
  wanted: {
    readonly vault: OpenVault
    readonly versions: readonly string[]
    readonly signal?: AbortSignal | undefined
  },
): Promise<(Health | undefined)[]> {
  const { versions, signal } = wanted
  const { vault } = wanted.vault
  const all: (Health | undefined)[] = []
  for (let at = 0; at < versions.length; at += limits.lookupVersionsMax) {
    const slice = versions.slice(at, at + limits.lookupVersionsMax)
    const { health } = await session.control.call('health', { vault, versions: slice }, { signal })
    assertSlice(health.length, slice.length)
    for (const one of health) all.push(one ?? undefined)
  }
  return all
}

function assertSlice(got: number, wanted: number): void {
  if (got === wanted) return
  throw new HoldfastError('MALFORMED', `Health of ${wanted} versions was asked, of ${got} it came`)
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
export async function removePath(committer: Committer, removal: Removal): Promise<IndexEntry> {
  const { path, recursive, signal } = removal
  const entry = entryOf(await committer.submit({ kind: 'removal', path, recursive, signal }))
  if (removal.now) await purge(committer, entry, signal)
  return entry
}

async function purge(
  committer: Committer,
  { entry }: IndexEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { session, feed } = committer
  const request = { vault: feed.vault.vault, entries: [entry] }
  while ((await session.control.call('purge', request, { signal })).more);
}

/** EXISTS when there is anything of that name; missing parents are made. */
export async function makeFolder(
  committer: Committer,
  wanted: {
    readonly path: Path
    readonly mode?: number | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<IndexEntry> {
  const { path, signal, mode = defaultFolderMode } = wanted
  const modified = fileTimeNow(committer.session.world.clock)
  return entryOf(
    await committer.submit({ kind: 'folder', path, mode, modified, ifThere: 'refuse', signal }),
  )
}

function entryOf(outcome: CommitOutcome): IndexEntry {
  assert(
    outcome.kind === 'committed' || outcome.kind === 'unchanged',
    `what brings no chunks cannot end as ${outcome.kind}`,
  )
  return outcome.entry
}
