import type { IndexEntry } from '../index/vault-index.ts'
import type { Path } from '../tree/path.ts'
import type { Committer } from './committer.ts'
import { fileTimeNow } from './file-time.ts'
import { committedEntry } from './pending.ts'

const defaultFolderMode = 0o755

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
  return committedEntry(
    await committer.submit({ kind: 'folder', path, mode, modified, ifThere: 'refuse', signal }),
  )
}
