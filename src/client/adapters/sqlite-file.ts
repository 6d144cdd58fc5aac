/** One small SQLite file of a client: opened, brought to its schema, its errors told in our codes. */
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { sqliteCode, sqliteCodes } from '../../base/adapters/sqlite-code.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'

export interface SqliteSchema {
  /** In the file's header; a file with a lower one is emptied. */
  readonly version: number
  readonly tables: readonly string[]
  readonly create: string
}

const memory = ':memory:'
const modePauseMs = 10
const pauseCell = new Int32Array(new SharedArrayBuffer(4))
const { busy, locked, readOnly, corrupt, full, cannotOpen, notDatabase } = sqliteCodes

export class SqliteFile {
  readonly path: string
  readonly database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** `path` may be `:memory:`. CORRUPT, BUSY, NO_SPACE, UNREADABLE, VERSION_UNSUPPORTED. */
  constructor(path: string, schema: SqliteSchema) {
    this.path = path
    if (path !== memory) createPrivately(path)
    this.database = this.guard(
      () =>
        new DatabaseSync(path, { timeout: limits.indexBusyMs, enableForeignKeyConstraints: false }),
    )
    try {
      this.guard(() => this.#prepare(schema))
    } catch (error) {
      this.database.close()
      throw error
    }
  }

  /** Runs it, with SQLite's errors told in our codes. */
  guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.#translated(error)
    }
  }

  /** Prepared once. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  /** Alone among all who have the file open; what it throws undoes it. */
  transaction<T>(work: () => T): T {
    this.guard(() => this.database.exec('BEGIN IMMEDIATE'))
    try {
      const result = work()
      this.guard(() => this.database.exec('COMMIT'))
      return result
    } catch (error) {
      if (this.database.isOpen && this.database.isTransaction) this.database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (this.database.isOpen) this.database.close()
  }

  #prepare(schema: SqliteSchema): void {
    const { database } = this
    this.#useWriteAheadLog()
    database.exec('PRAGMA synchronous = NORMAL')
    if (this.#version() === schema.version) return
    this.transaction(() => {
      const found = this.#version()
      if (found > schema.version) throw tooNew(this.path, { found, known: schema.version })
      if (found === schema.version) return
      for (const table of schema.tables) database.exec(`DROP TABLE IF EXISTS ${table}`)
      database.exec(`${schema.create}; PRAGMA user_version = ${schema.version}`)
    })
  }

  /** Of processes that open a new file at one moment, SQLite lets only one change the mode, and waits for none. */
  #useWriteAheadLog(): void {
    const tries = limits.indexBusyMs / modePauseMs
    for (let left = tries; ; left -= 1) {
      try {
        this.database.exec('PRAGMA journal_mode = WAL')
        return
      } catch (error) {
        if (left <= 0 || sqliteCode(error) !== busy) throw error
        Atomics.wait(pauseCell, 0, 0, modePauseMs)
      }
    }
  }

  #version(): number {
    return this.database.prepare('PRAGMA user_version').get()!.user_version as number
  }

  #translated(error: unknown): unknown {
    const code = sqliteCode(error)
    const at = `${this.path}: ${error instanceof Error ? error.message : ''}`
    switch (code) {
      case corrupt:
      case notDatabase:
        return new HoldfastError('CORRUPT', `The file is damaged: ${at}`, {
          cause: error,
          details: { file: this.path },
        })
      case busy:
      case locked:
        return new HoldfastError('BUSY', `Another process holds ${at}`, { cause: error })
      case full:
        return new HoldfastError('NO_SPACE', `Cannot write ${at}`, { cause: error })
      case readOnly:
      case cannotOpen:
        return new HoldfastError('UNREADABLE', `Cannot open ${at}`, { cause: error })
      default:
        return error
    }
  }
}

/** The file and what SQLite keeps beside it. Whoever has it open goes on with what was. */
export function removeSqliteFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

function createPrivately(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new HoldfastError('UNREADABLE', `Cannot open ${path}: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function tooNew(path: string, version: { found: number; known: number }): HoldfastError {
  return new HoldfastError(
    'VERSION_UNSUPPORTED',
    `Cannot use ${path}: its version is ${version.found}, this program knows ${version.known}`,
  )
}
