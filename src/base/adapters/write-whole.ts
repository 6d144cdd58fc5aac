import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file so that after a crash, and for who reads meanwhile, it holds all of the old or all of the new;
 * only its owner may read it. `beside` is the name it has until then: one of its own for each that may write at
 * the same time.
 */
export function writeWhole(path: string, text: string, beside: string = `${path}.new`): void {
  rmSync(beside, { force: true })
  const file = openSync(beside, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
