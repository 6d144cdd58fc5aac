/**
 * One SQLite database over node:sqlite: opened for durability, statements prepared once, failures told apart.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { sqliteCode, sqliteCodes } from '../../../base/adapters/sqlite-code.ts'
import { HoldfastError } from '../../../base/errors.ts'
import { limits } from '../../../base/limits.ts'
import type { Value } from '../sql/statement.ts'

export interface SqliteDatabase {
  readonly path: string
  /** Rows as plain objects with a null prototype. Throws NO_SPACE, CORRUPT, BUSY, READ_ONLY, DISK_GONE. */
  run(sql: string, values?: readonly Value[]): unknown[]
  /** Whether a transaction is open: SQLite ends one by itself after some failures. */
  readonly inTransaction: boolean
  /** Ends the database, also one in memory. */
  close(): void
}

/** `path` of a file, or `:memory:` for a database that lives as long as the object. */
export function openSqliteDatabase(path: string): SqliteDatabase {
  return new NodeSqlite(path)
}

/** Once for a new file: pages that take ten rows of the largest table without waste. */
const pragmas = [
  'pragma page_size = 8192',
  'pragma journal_mode = wal',
  'pragma synchronous = full',
  'pragma foreign_keys = on',
  'pragma temp_store = memory',
  'pragma cache_size = -32768',
  'pragma wal_autocheckpoint = 2000',
  'pragma cell_size_check = on',
]

class NodeSqlite implements SqliteDatabase {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, { statement: StatementSync; reader: boolean }>()

  constructor(path: string) {
    this.path = path
    this.#database = attempt(path, () => new DatabaseSync(path, { timeout: limits.sqliteBusyMs }))
    attempt(path, () => {
      for (const pragma of pragmas) this.#database.exec(pragma)
    })
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  run(sql: string, values: readonly Value[] = []): unknown[] {
    return attempt(this.path, () => {
      const { statement, reader } = this.#prepare(sql)
      if (reader) return statement.all(...values)
      statement.run(...values)
      return []
    })
  }

  close(): void {
    this.#prepared.clear()
    this.#database.close()
  }

  #prepare(sql: string): { statement: StatementSync; reader: boolean } {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const prepared = { statement, reader: statement.columns().length > 0 }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

const meanings = new Map<
  number,
  ['BUSY' | 'CORRUPT' | 'NO_SPACE' | 'READ_ONLY' | 'DISK_GONE', string]
>([
  [sqliteCodes.busy, ['BUSY', 'another process holds it']],
  [sqliteCodes.locked, ['BUSY', 'another process holds it']],
  [sqliteCodes.readOnly, ['READ_ONLY', 'it refuses writes']],
  [sqliteCodes.ioError, ['DISK_GONE', 'its disk failed']],
  [sqliteCodes.corrupt, ['CORRUPT', 'it is damaged']],
  [sqliteCodes.full, ['NO_SPACE', 'its disk is full']],
  [sqliteCodes.cannotOpen, ['DISK_GONE', 'it cannot be opened']],
  [sqliteCodes.notDatabase, ['CORRUPT', 'it is no SQLite database']],
])

function attempt<Result>(path: string, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw sqliteFailure(path, error)
  }
}

/** Ours when the cause is known; an unknown failure stays as it is. */
function sqliteFailure(path: string, error: unknown): unknown {
  const code = sqliteCode(error)
  const [name, why] = (code === undefined ? undefined : meanings.get(code)) ?? []
  if (name === undefined) return error
  const message = `Cannot use the catalogue ${path}: ${why} (${(error as Error).message})`
  return new HoldfastError(name, message, { cause: error })
}
