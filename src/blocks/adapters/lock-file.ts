import { accessSync, constants } from 'node:fs'
import { lockForProcess, type ProcessLock } from '../../base/adapters/process-lock.ts'
import { sqliteCode, sqliteCodes } from '../../base/adapters/sqlite-code.ts'
import type { DiskLock } from '../../base/disk.ts'
import { HoldfastError } from '../../base/errors.ts'
import { diskFailure } from './disk-failure.ts'

/** Ends with the process, however it ends. HOME_IN_USE, READ_ONLY, and what the disk fails with. */
export async function lockFile(path: string): Promise<DiskLock> {
  let lock: ProcessLock | undefined
  try {
    lock = lockForProcess(path)
    // On a read-only file system SQLite opens what it cannot write, and locks nothing
    accessSync(path, constants.W_OK)
  } catch (cause) {
    lock?.release()
    throw lockFailure(path, cause)
  }
  const held = lock
  return { release: async () => held.release() }
}

function lockFailure(path: string, cause: unknown): unknown {
  switch (sqliteCode(cause)) {
    case undefined:
      return diskFailure(`lock ${path}`, cause)
    case sqliteCodes.busy:
      return new HoldfastError('HOME_IN_USE', `Cannot use ${path}: another process holds it`, {
        cause,
      })
    case sqliteCodes.readOnly:
    case sqliteCodes.cannotOpen:
      return new HoldfastError('READ_ONLY', `Cannot write ${path}`, { cause })
    default:
      return cause
  }
}
