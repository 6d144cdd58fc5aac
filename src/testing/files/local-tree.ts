/** What lies in a local folder, for comparing: names as Latin-1 letters, so that any bytes can be told. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

import { compareBytes } from '../../base/bytes.ts'

export interface LocalEntry {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  readonly mode: number
  /** Whole ms. */
  readonly modifiedMs: number
  /** Hex of a file's bytes, or a link's target. */
  readonly content: string
}

/** By path from the folder on, without a leading slash. */
export function localTree(folder: string | Buffer): Record<string, LocalEntry> {
  const tree: Record<string, LocalEntry> = {}
  addFolder(tree, Buffer.from(folder), '')
  return tree
}

function addFolder(tree: Record<string, LocalEntry>, folder: Buffer, prefix: string): void {
  const names = readdirSync(folder, { encoding: 'buffer' }).toSorted(compareBytes)
  for (const name of names) {
    const path = Buffer.concat([folder, Buffer.from('/'), name])
    const key = prefix + name.toString('latin1')
    tree[key] = entryAt(path)
    if (tree[key].kind === 'folder') addFolder(tree, path, `${key}/`)
  }
}

function entryAt(path: Buffer): LocalEntry {
  const stat = lstatSync(path)
  const base = { mode: stat.mode & 0o7777, modifiedMs: Math.round(stat.mtimeMs), content: '' }
  if (stat.isDirectory()) return { ...base, kind: 'folder' }
  if (stat.isSymbolicLink()) {
    return { ...base, kind: 'link', content: readlinkSync(path, 'latin1') }
  }
  if (!stat.isFile()) return { ...base, kind: 'other' }
  return { ...base, kind: 'file', content: readFileSync(path).toString('hex') }
}
