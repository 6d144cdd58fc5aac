/** Entries and commits as rows of the index, and back. */
import type { SQLOutputValue } from 'node:sqlite'
import { fromHex, toHex } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { EntryKind, IndexCommit, IndexEntry, PurgedHead } from '../index/vault-index.ts'

export type Row = Record<string, SQLOutputValue>

const kinds: readonly EntryKind[] = ['file', 'folder', 'link']

/** How many values an entry has in its row. */
export const entryColumns = 20

/** In the order of the table. */
export function entryValues(entry: IndexEntry): (Uint8Array | number | null)[] {
  return [
    idToBlob(entry.entry),
    idToBlob(entry.parent),
    entry.name,
    entry.kind === 'folder' ? 1 : 0,
    entry.tombstone ? 1 : 0,
    kinds.indexOf(entry.kind),
    entry.implicit ? 1 : 0,
    entry.tag,
    idToBlob(entry.version),
    entry.previous === undefined ? null : idToBlob(entry.previous),
    entry.generation,
    entry.mode,
    entry.bytes,
    entry.modified.seconds,
    entry.modified.nanoseconds,
    entry.sha256,
    entry.md5 ?? null,
    entry.chunkCount,
    entry.listRoot,
    entry.n,
  ]
}

export function entryOf(row: Row | undefined): IndexEntry | undefined {
  if (!row) return undefined
  const previous = row.previous as Uint8Array | null
  return {
    entry: toHex(row.entry as Uint8Array),
    parent: toHex(row.parent as Uint8Array),
    kind: kinds[row.kind as number]!,
    implicit: row.implicit === 1,
    tombstone: row.tombstone === 1,
    name: row.name as Uint8Array,
    tag: row.tag as Uint8Array,
    version: toHex(row.version as Uint8Array),
    previous: previous === null ? undefined : toHex(previous),
    generation: row.generation as number,
    mode: row.mode as number,
    bytes: row.bytes as number,
    modified: { seconds: row.seconds as number, nanoseconds: row.nanoseconds as number },
    sha256: row.sha256 as Uint8Array,
    md5: (row.md5 as Uint8Array | null) ?? undefined,
    chunkCount: row.chunk_count as number,
    listRoot: row.list_root as Uint8Array,
    n: row.n as number,
  }
}

/** In the order of the table. A tombstone needs nothing that came after it. */
export function purgedValues(head: PurgedHead): (Uint8Array | number)[] {
  const { entry, parent, kind, tombstone, version, n } = head
  const deleted = tombstone ? 1 : 0
  const [id, folder, newest] = [idToBlob(entry), idToBlob(parent), idToBlob(version)]
  return [id, folder, kinds.indexOf(kind), deleted, newest, n, deleted]
}

export function purgedOf(row: Row): PurgedHead {
  return {
    entry: toHex(row.entry as Uint8Array),
    parent: toHex(row.parent as Uint8Array),
    kind: kinds[row.kind as number]!,
    tombstone: row.tombstone === 1,
    version: toHex(row.version as Uint8Array),
    n: row.n as number,
  }
}

export function commitOf(row: Row): IndexCommit {
  return {
    n: row.n as number,
    h: row.h as Uint8Array,
    writer: toHex(row.writer as Uint8Array),
    statement: row.statement as Uint8Array,
    signature: row.signature as Uint8Array,
    verified: row.verified === 1,
  }
}

/** The 16 bytes of an id in hex. Throws MALFORMED. */
export function idToBlob(id: string): Uint8Array {
  const bytes = fromHex(id)
  if (bytes?.length === 16) return bytes
  throw new HoldfastError('MALFORMED', `Cannot read the id ${JSON.stringify(id.slice(0, 64))}`)
}
