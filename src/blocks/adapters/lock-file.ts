import { accessSync, constants, truncateSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { DiskLock } from '../../base/disk.ts'
import { HoldfastError } from '../../base/errors.ts'
import { diskFailure } from './disk-failure.ts'

const busy = 5
const readOnly = 8
const damaged = 11
const cannotOpen = 14
const notDatabase = 26

/**
 * A lock that ends with the process, however it ends: an empty SQLite database under `BEGIN EXCLUSIVE`,
 * which is a POSIX record lock of the kernel. No process id that could be used again, no file that stays
 * behind and means something, the same across containers that see the same file; and SQLite keeps two
 * openings in one process apart, which the kernel would not. Nothing is ever written.
 */
export async function lockFile(path: string): Promise<DiskLock> {
  try {
    return lockNow(path)
  } catch (error) {
    const code = ((error as { readonly errcode?: number }).errcode ?? 0) & 0xff
    if (code !== damaged && code !== notDatabase) throw error
    // Nothing is ever kept in it, and who cannot read it holds no lock either.
    truncateSync(path)
    return lockNow(path)
  }
}

function lockNow(path: string): DiskLock {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { timeout: 0 })
    // No journal file: a full disk must not keep a store from being opened
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    // On a read-only file system SQLite opens what it cannot write, and locks nothing
    accessSync(path, constants.W_OK)
  } catch (cause) {
    database?.close()
    throw lockFailure(path, cause)
  }
  const held = database
  return { release: async () => held.close() }
}

function lockFailure(path: string, cause: unknown): unknown {
  const code = (cause as { readonly errcode?: number }).errcode
  if (code === undefined) return diskFailure(`lock ${path}`, cause)
  const primary = code & 0xff
  if (primary === busy) {
    const message = `Cannot use ${path}: another process holds it`
    return new HoldfastError('HOME_IN_USE', message, { cause })
  }
  if (primary === readOnly || primary === cannotOpen) {
    return new HoldfastError('READ_ONLY', `Cannot write ${path}`, { cause })
  }
  return cause
}
