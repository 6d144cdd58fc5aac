import type { IndexEntry } from '../index/vault-index.ts'
import type { Path } from '../tree/path.ts'
import type { Committer } from './committer.ts'
import { committedEntry } from './pending.ts'

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
  const entry = committedEntry(await committer.submit({ kind: 'removal', path, recursive, signal }))
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
