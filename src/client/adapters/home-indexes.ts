/** Where a client keeps its indexes: files below `HOME/client`, or memory that lives as long as the store. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../base/errors.ts'
import type { IndexStore, VaultIndex, VaultPins } from '../index/vault-index.ts'
import { openSqliteIndex } from './sqlite-index.ts'
import { openSqlitePins } from './sqlite-pins.ts'

/** `folder` is `HOME/client`. */
export function homeIndexes(folder: string): IndexStore {
  return {
    openIndex: ({ account, vault }) =>
      openSqliteIndex(join(folder, 'index', account, `${vault}.db`)),
    openPins: (account) => openSqlitePins(join(folder, 'pins', `${account}.db`)),
    removeIndexes: (account) => removeFolder(join(folder, 'index', account)),
  }
}

/** What was closed is there again when it is opened again. */
export function memoryIndexes(): IndexStore {
  const indexes = new Map<string, VaultIndex>()
  const pins = new Map<string, VaultPins>()
  return {
    openIndex: ({ account, vault }) =>
      kept(indexes, `${account}/${vault}`, () => openSqliteIndex(':memory:')),
    openPins: (account) => kept(pins, account, () => openSqlitePins(':memory:')),
    removeIndexes(account) {
      for (const key of indexes.keys()) if (key.startsWith(`${account}/`)) indexes.delete(key)
    },
  }
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch (error) {
    const what = `Cannot remove ${path}: ${(error as Error).message}`
    throw new HoldfastError('UNREADABLE', what, { cause: error })
  }
}

function kept<T extends { close(): void }>(map: Map<string, T>, key: string, open: () => T): T {
  let found = map.get(key)
  if (!found) {
    found = open()
    found.close = () => {}
    map.set(key, found)
  }
  return found
}
