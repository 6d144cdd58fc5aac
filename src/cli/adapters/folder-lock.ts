import { truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { HoldfastError } from '../../base/errors.ts'

const busy = 5
const damaged = 11
const notDatabase = 26

export interface FolderLock {
  release(): void
}

/**
 * Takes `path` for this process alone, until released or until the process ends, however it ends. It is a
 * lock of the operating system, taken through SQLite. Throws HOME_IN_USE.
 */
export function lockFolder(path: string, folder: string): FolderLock {
  try {
    return lockNow(path, folder)
  } catch (error) {
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff
    if (code !== damaged && code !== notDatabase) throw error
    // Nothing is ever kept in it, and who cannot read it holds no lock either.
    truncateSync(path)
    return lockNow(path, folder)
  }
}

function lockNow(path: string, folder: string): FolderLock {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode !== busy) throw error
    throw new HoldfastError('HOME_IN_USE', `Another process of holdfast uses ${folder}`, {
      cause: error,
      hint: 'End it first, or name another folder with --home',
    })
  }
  return { release: () => database.close() }
}
