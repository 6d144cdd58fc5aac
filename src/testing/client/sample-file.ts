import { utf8 } from '../../base/bytes.ts'
import { newId } from '../../client/commit/new-id.ts'
import { createPageList } from '../../client/commit/page-list.ts'
import type { PendingFile } from '../../client/commit/pending.ts'
import { primitives, type ClientGrid, type TestClient } from './client-grid.ts'
import { samplePack } from './sample-pack.ts'

/** `/a/b` as names. */
export function samplePath(text: string): Uint8Array[] {
  return text
    .split('/')
    .filter((name) => name !== '')
    .map((name) => utf8(name))
}

/** A file of as many chunks (one is its text's id), with a pack of its own that the commit registers. */
export function sampleFile(
  grid: ClientGrid,
  { session, committer }: TestClient,
  file: { readonly path: string; readonly text: string; readonly chunks?: number },
): PendingFile {
  const { vault } = committer.feed
  const version = newId(grid.random)
  const pages = createPageList(session, { vault, version })
  const { chunks = 1 } = file
  const ids = Array.from({ length: chunks }, (_, at) =>
    primitives.blake3(utf8(`${file.text} ${at}`)),
  )
  for (const id of ids) pages.add({ id, plainBytes: 10 })
  pages.finish()
  return {
    kind: 'file',
    path: samplePath(file.path),
    version,
    mode: 0o644,
    modified: { seconds: 1_700_000_000, nanoseconds: 5 },
    bytes: chunks * 10,
    sha256: primitives.blake3(utf8(file.text)),
    pages: pages.finished(),
    ...(chunks > 0 && {
      upload: newId(grid.random),
      packs: [samplePack(grid, vault, ids)],
    }),
  }
}
