/** The index of one vault in a SQLite file, or in memory for tests and the simulated world. */
import type { StatementSync } from 'node:sqlite'
import { assert } from '../../base/assert.ts'
import { concatBytes } from '../../base/bytes.ts'
import { HoldfastError, hasCode } from '../../base/errors.ts'
import type {
  ChildrenRequest,
  IndexCommit,
  IndexEntry,
  IndexState,
  NamedEntries,
  PurgedHead,
  VaultIndex,
} from '../index/vault-index.ts'
import { removeSqliteFile, SqliteFile } from './sqlite-file.ts'
import {
  commitOf,
  entryOf,
  entryValues,
  idToBlob,
  purgedOf,
  purgedValues,
  type Row,
} from './sqlite-index-rows.ts'
import { indexSchema, indexSql, type StatementName } from './sqlite-index-sql.ts'

/** `path` may be `:memory:`. A damaged file is removed, so that the next opening finds none. */
export function openSqliteIndex(path: string): VaultIndex {
  try {
    return new SqliteIndex(new SqliteFile(path, indexSchema))
  } catch (error) {
    if (!hasCode(error, 'CORRUPT')) throw error
    removeSqliteFile(path)
    return new SqliteIndex(new SqliteFile(path, indexSchema))
  }
}

class SqliteIndex implements VaultIndex {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    this.#file = file
  }

  state(): IndexState {
    const row = this.#get('state', [])
    assert(row, 'an index has a state')
    const { term, n, h, commit_term: commitTerm } = row
    return {
      term: term as number,
      n: n as number,
      h: h as Uint8Array,
      commitTerm: commitTerm as number,
    }
  }

  entry(id: string): IndexEntry | undefined {
    return entryOf(this.#get('entry', [idToBlob(id)]))
  }

  child(place: {
    readonly parent: string
    readonly name: Uint8Array
    readonly kind: 'file' | 'folder'
  }): IndexEntry | undefined {
    const folder = place.kind === 'folder' ? 1 : 0
    return entryOf(this.#get('child', [idToBlob(place.parent), place.name, folder]))
  }

  named({ parent, name }: { readonly parent: string; readonly name: Uint8Array }): NamedEntries {
    const rows = this.#guard(() => this.#statement('named').all(idToBlob(parent), name))
    const found = rows.map((row) => entryOf(row)!)
    return {
      file: found.find(({ kind, tombstone }) => kind !== 'folder' && !tombstone),
      folder: found.find(({ kind }) => kind === 'folder'),
      deletedFile: found.find(({ tombstone }) => tombstone),
    }
  }

  children({ parent, after, most }: ChildrenRequest): IndexEntry[] {
    const name = after?.name ?? new Uint8Array(0)
    const folder = after && after.kind === 'folder' ? 1 : 0
    return this.#guard(() =>
      this.#statement('children')
        .all(idToBlob(parent), name, folder, most)
        .map((row) => entryOf(row)!),
    )
  }

  totals(folder: string): { files: number; bytes: number } {
    const row = this.#get('totals', [idToBlob(folder)])
    assert(row, 'a count has a row')
    return { files: row.files as number, bytes: row.bytes as number }
  }

  purgedHead(entry: string): PurgedHead | undefined {
    const row = this.#get('purgedHead', [idToBlob(entry)])
    return row && purgedOf(row)
  }

  unsettled(most: number): PurgedHead[] {
    return this.#guard(() => this.#statement('unsettled').all(most).map(purgedOf))
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

  setState({ term, n, h, commitTerm }: IndexState): void {
    this.#run('setState', [term, n, h, commitTerm])
  }

  addCommit({ n, h, writer, statement, signature, verified }: IndexCommit): void {
    this.#run('addHead', [n, h])
    this.#run('addCommit', [n, idToBlob(writer), statement, signature, verified ? 1 : 0])
  }

  markVerified(n: number): void {
    this.#run('markVerified', [n])
  }

  putEntry(entry: IndexEntry): void {
    this.#run('putEntry', entryValues(entry))
  }

  putNewEntry(entry: IndexEntry): boolean {
    return this.#run('putNewEntry', entryValues(entry)) === 1
  }

  putPurgedHead(head: PurgedHead): void {
    this.#run('removeEntry', [idToBlob(head.entry)])
    this.#run('putPurgedHead', purgedValues(head))
  }

  removePurgedHead(entry: string): void {
    this.#run('removePurgedHead', [idToBlob(entry)])
  }

  settle(entry: string): void {
    this.#run('settle', [idToBlob(entry)])
  }

  clear(): void {
    const emptied = `DELETE FROM heads; DELETE FROM commits; DELETE FROM entries;
      DELETE FROM purged; UPDATE state SET term = 0, n = 0, h = x'', commit_term = 0`
    this.#guard(() => this.#file.database.exec(emptied))
  }

  close(): void {
    this.#file.close()
  }

  #get(name: StatementName, values: (Uint8Array | number)[]): Row | undefined {
    return this.#guard(() => this.#statement(name).get(...values))
  }

  /** How many rows it changed. */
  #run(name: StatementName, values: (Uint8Array | number | null)[]): number {
    return Number(this.#guard(() => this.#statement(name).run(...values)).changes)
  }

  #statement(name: StatementName): StatementSync {
    return this.#file.statement(indexSql[name])
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
        details: { ...error.details, dropped: true },
      })
    }
  }

  /** All of it can be fetched again. */
  #drop(): void {
    this.#file.close()
    removeSqliteFile(this.#file.path)
  }
}
