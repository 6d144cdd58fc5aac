/** The index of one vault in a SQLite file, or in memory for tests and the simulated world. */
import type { SQLOutputValue, StatementSync } from 'node:sqlite'
import { concatBytes, fromHex, toHex } from '../../base/bytes.ts'
import { assert } from '../../base/assert.ts'
import { HoldfastError, hasCode } from '../../base/errors.ts'
import type {
  ChildrenRequest,
  EntryKind,
  IndexCommit,
  IndexEntry,
  IndexState,
  VaultIndex,
} from '../index/vault-index.ts'
import { removeSqliteFile, SqliteFile, type SqliteSchema } from './sqlite-file.ts'

const schema: SqliteSchema = {
  version: 1,
  tables: ['state', 'heads', 'commits', 'entries'],
  create: `
    CREATE TABLE state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      term INTEGER NOT NULL, n INTEGER NOT NULL, h BLOB NOT NULL, commit_term INTEGER NOT NULL,
      purged INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state VALUES (1, 0, 0, x'', 0, 0);
    CREATE TABLE heads (n INTEGER PRIMARY KEY, h BLOB NOT NULL) STRICT;
    CREATE TABLE commits (
      n INTEGER PRIMARY KEY, writer BLOB NOT NULL,
      statement BLOB NOT NULL, signature BLOB NOT NULL, verified INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
      entry BLOB PRIMARY KEY, parent BLOB NOT NULL, name BLOB NOT NULL, folder INTEGER NOT NULL,
      tombstone INTEGER NOT NULL, kind INTEGER NOT NULL, implicit INTEGER NOT NULL,
      tag BLOB NOT NULL, version BLOB NOT NULL, previous BLOB, generation INTEGER NOT NULL,
      mode INTEGER NOT NULL, bytes INTEGER NOT NULL, seconds INTEGER NOT NULL,
      nanoseconds INTEGER NOT NULL, sha256 BLOB NOT NULL, md5 BLOB, chunk_count INTEGER NOT NULL,
      list_root BLOB NOT NULL, n INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX live ON entries (parent, name, folder) WHERE tombstone = 0;
    CREATE INDEX deleted ON entries (parent, name, n) WHERE tombstone = 1 AND folder = 0`,
}
const kinds: readonly EntryKind[] = ['file', 'folder', 'link']
const columns = 20
const sql = {
  state: 'SELECT * FROM state',
  entry: 'SELECT * FROM entries WHERE entry = ?',
  child: 'SELECT * FROM entries WHERE tombstone = 0 AND parent = ? AND name = ? AND folder = ?',
  deletedFile:
    'SELECT * FROM entries WHERE tombstone = 1 AND folder = 0 AND parent = ? AND name = ? ORDER BY n DESC LIMIT 1',
  children:
    'SELECT * FROM entries WHERE tombstone = 0 AND parent = ? AND (name, folder) > (?, ?) ORDER BY name, folder LIMIT ?',
  totals: `WITH RECURSIVE folders (id) AS (
      SELECT ? UNION ALL
      SELECT entry FROM entries JOIN folders ON parent = id WHERE tombstone = 0 AND folder = 1)
    SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM folders
    JOIN entries ON parent = id WHERE tombstone = 0 AND folder = 0`,
  commit: 'SELECT * FROM commits JOIN heads USING (n) WHERE n = ?',
  head: 'SELECT h FROM heads WHERE n = ?',
  heads: 'SELECT h FROM (SELECT n, h FROM heads ORDER BY n DESC LIMIT ?) ORDER BY n',
  setState: 'UPDATE state SET term = ?, n = ?, h = ?, commit_term = ?, purged = ?',
  addHead: 'INSERT INTO heads VALUES (?, ?)',
  addCommit: 'INSERT INTO commits VALUES (?, ?, ?, ?, ?)',
  markVerified: 'UPDATE commits SET verified = 1 WHERE n = ?',
  putEntry: `INSERT OR REPLACE INTO entries VALUES (${Array(columns).fill('?').join(', ')})`,
  removeEntry: 'DELETE FROM entries WHERE entry = ?',
} as const
type StatementName = keyof typeof sql
type Row = Record<string, SQLOutputValue>

/** `path` may be `:memory:`. A damaged file is removed, so that the next opening finds none. */
export function openSqliteIndex(path: string): VaultIndex {
  try {
    return new SqliteIndex(new SqliteFile(path, schema))
  } catch (error) {
    if (!hasCode(error, 'CORRUPT')) throw error
    removeSqliteFile(path)
    return new SqliteIndex(new SqliteFile(path, schema))
  }
}

class SqliteIndex implements VaultIndex {
  readonly #file: SqliteFile
  readonly #statements = new Map<StatementName, StatementSync>()

  constructor(file: SqliteFile) {
    this.#file = file
  }

  state(): IndexState {
    const row = this.#get('state', [])
    assert(row, 'an index has a state')
    const { term, n, h, commit_term: commitTerm, purged } = row
    return {
      term: term as number,
      n: n as number,
      h: h as Uint8Array,
      commitTerm: commitTerm as number,
      purged: purged as number,
    }
  }

  entry(id: string): IndexEntry | undefined {
    return entryOf(this.#get('entry', [idBytes(id)]))
  }

  child(place: {
    readonly parent: string
    readonly name: Uint8Array
    readonly kind: 'file' | 'folder'
  }): IndexEntry | undefined {
    const folder = place.kind === 'folder' ? 1 : 0
    return entryOf(this.#get('child', [idBytes(place.parent), place.name, folder]))
  }

  deletedFile(place: {
    readonly parent: string
    readonly name: Uint8Array
  }): IndexEntry | undefined {
    return entryOf(this.#get('deletedFile', [idBytes(place.parent), place.name]))
  }

  children({ parent, after, most }: ChildrenRequest): IndexEntry[] {
    const name = after?.name ?? new Uint8Array(0)
    const folder = after && after.kind === 'folder' ? 1 : 0
    return this.#guard(() =>
      this.#statement('children')
        .all(idBytes(parent), name, folder, most)
        .map((row) => entryOf(row)!),
    )
  }

  totals(folder: string): { files: number; bytes: number } {
    const row = this.#get('totals', [idBytes(folder)])
    assert(row, 'a count has a row')
    return { files: row.files as number, bytes: row.bytes as number }
  }

  commit(n: number): IndexCommit | undefined {
    const row = this.#get('commit', [n])
    return row && commitOf(row)
  }

  head(n: number): Uint8Array | undefined {
    return this.#get('head', [n])?.h as Uint8Array | undefined
  }

  heads(most: number): Uint8Array {
    return this.#guard(() =>
      concatBytes(
        this.#statement('heads')
          .all(most)
          .map(({ h }) => h as Uint8Array),
      ),
    )
  }

  transaction<T>(work: () => T): T {
    return this.#guard(() => this.#file.transaction(work))
  }

  setState({ term, n, h, commitTerm, purged }: IndexState): void {
    this.#run('setState', [term, n, h, commitTerm, purged])
  }

  addCommit({ n, h, writer, statement, signature, verified }: IndexCommit): void {
    this.#run('addHead', [n, h])
    this.#run('addCommit', [n, idBytes(writer), statement, signature, verified ? 1 : 0])
  }

  markVerified(n: number): void {
    this.#run('markVerified', [n])
  }

  putEntry(entry: IndexEntry): void {
    this.#run('putEntry', entryValues(entry))
  }

  removeEntry(id: string): void {
    this.#run('removeEntry', [idBytes(id)])
  }

  clear(): void {
    const emptied = `DELETE FROM heads; DELETE FROM commits; DELETE FROM entries;
      UPDATE state SET term = 0, n = 0, h = x'', commit_term = 0, purged = 0`
    this.#guard(() => this.#file.database.exec(emptied))
  }

  close(): void {
    this.#file.close()
  }

  #get(name: StatementName, values: (Uint8Array | number)[]): Row | undefined {
    return this.#guard(() => this.#statement(name).get(...values))
  }

  #run(name: StatementName, values: (Uint8Array | number | null)[]): void {
    this.#guard(() => this.#statement(name).run(...values))
  }

  #statement(name: StatementName): StatementSync {
    let statement = this.#statements.get(name)
    if (!statement) {
      statement = this.#file.database.prepare(sql[name])
      this.#statements.set(name, statement)
    }
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return this.#file.guard(work)
    } catch (error) {
      if (!hasCode(error, 'CORRUPT') || error.details.file !== this.#file.path) throw error
      this.#drop()
      throw new HoldfastError('CORRUPT', error.message, {
        cause: error,
        hint: 'Run the command again: the index is fetched anew',
        details: error.details,
      })
    }
  }

  /** All of it can be fetched again. */
  #drop(): void {
    this.#file.close()
    removeSqliteFile(this.#file.path)
  }
}

function entryValues(entry: IndexEntry): (Uint8Array | number | null)[] {
  return [
    idBytes(entry.entry),
    idBytes(entry.parent),
    entry.name,
    entry.kind === 'folder' ? 1 : 0,
    entry.tombstone ? 1 : 0,
    kinds.indexOf(entry.kind),
    entry.implicit ? 1 : 0,
    entry.tag,
    idBytes(entry.version),
    entry.previous === undefined ? null : idBytes(entry.previous),
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

function entryOf(row: Row | undefined): IndexEntry | undefined {
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

function commitOf(row: Row): IndexCommit {
  return {
    n: row.n as number,
    h: row.h as Uint8Array,
    writer: toHex(row.writer as Uint8Array),
    statement: row.statement as Uint8Array,
    signature: row.signature as Uint8Array,
    verified: row.verified === 1,
  }
}

function idBytes(id: string): Uint8Array {
  const bytes = fromHex(id)
  if (bytes?.length === 16) return bytes
  throw new HoldfastError('MALFORMED', `Cannot read the id ${JSON.stringify(id.slice(0, 64))}`)
}
