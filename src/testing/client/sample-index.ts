/** Indexes in memory, filled by hand. */
import { openSqliteIndex } from '../../client/adapters/sqlite-index.ts'
import type { IndexEntry, VaultIndex } from '../../client/index/vault-index.ts'
import { sampleEntry } from './sample-entry.ts'

export function sampleIndex(...entries: IndexEntry[]): VaultIndex {
  const index = openSqliteIndex(':memory:')
  index.transaction(() => {
    for (const entry of entries) index.putEntry(entry)
  })
  return index
}

export function sampleFolder(
  number: number,
  text: string,
  changes: Partial<IndexEntry> = {},
): IndexEntry {
  return sampleEntry(number, { text, kind: 'folder', chunkCount: 0, ...changes })
}
