import { lockForProcess, type ProcessLock } from '../../base/adapters/process-lock.ts'
import { sqliteCode, sqliteCodes } from '../../base/adapters/sqlite-code.ts'
import { HoldfastError } from '../../base/errors.ts'

/**
 * Takes `path` for this process alone, until released or until the process ends, however it ends. Throws
 * HOME_IN_USE.
 */
export function lockFolder(path: string, folder: string): ProcessLock {
  try {
    return lockForProcess(path)
  } catch (error) {
    if (sqliteCode(error) !== sqliteCodes.busy) throw error
    throw new HoldfastError('HOME_IN_USE', `Another process of holdfast uses ${folder}`, {
      cause: error,
      hint: 'End it first, or name another folder with --home',
    })
  }
}
