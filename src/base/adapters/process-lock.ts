import { truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { sqliteCode, sqliteCodes } from './sqlite-code.ts'

export interface ProcessLock {
  release(): void
}

/**
 * A lock that ends with the process, however it ends: an empty SQLite database under `BEGIN EXCLUSIVE`,
 * which is a POSIX record lock of the kernel. No process id that could be used again, no file that stays
 * behind and means something, the same across containers that see the same file; and SQLite keeps two
 * openings in one process apart, which the kernel would not. Nothing is ever written. Throws what SQLite
 * throws: busy when another holds it.
 */
export function lockForProcess(path: string): ProcessLock {
  try {
    return lockNow(path)
  } catch (error) {
    const code = sqliteCode(error)
    if (code !== sqliteCodes.corrupt && code !== sqliteCodes.notDatabase) throw error
    // Nothing is ever kept in it, and who cannot read it holds no lock either.
    truncateSync(path)
    return lockNow(path)
  }
}

function lockNow(path: string): ProcessLock {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // No journal file: a full disk must not keep anyone from the lock
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw error
  }
  return { release: () => database.close() }
}
