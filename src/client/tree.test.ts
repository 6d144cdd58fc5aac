import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareBytes, equalBytes, utf8, utf8ToText } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { clientGrid } from '../testing/client/client-grid.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { sampleEntry, sampleId } from '../testing/client/sample-entry.ts'
import { sampleFile, samplePath } from '../testing/client/sample-file.ts'
import { openSqliteIndex } from './adapters/sqlite-index.ts'
import type { IndexEntry, VaultIndex } from './index/vault-index.ts'
import {
  formatPath,
  hasChild,
  healthOf,
  listFolder,
  parsePath,
  removePath,
  resolvePath,
} from './tree.ts'

const vault = sampleId(0)

function indexOf(...entries: IndexEntry[]): VaultIndex {
  const index = openSqliteIndex(':memory:')
  index.transaction(() => {
    for (const entry of entries) index.putEntry(entry)
  })
  return index
}

function folder(number: number, text: string, changes: Partial<IndexEntry> = {}): IndexEntry {
  return sampleEntry(number, { text, kind: 'folder', chunkCount: 0, ...changes })
}

function texts(path: string): string[] {
  return parsePath(utf8(path)).map((name) => utf8ToText(name))
}

test('paths are split at slashes, whatever bytes stand between', () => {
  assert.deepEqual(texts('/a/b'), ['a', 'b'])
  assert.deepEqual(texts('a//b/'), ['a', 'b'])
  assert.deepEqual(texts('/'), [])
  assert.deepEqual(texts(''), [])
  for (const bad of ['/..', 'a/./b', 'a\0', 'x'.repeat(1025)]) {
    assert.throws(() => parsePath(utf8(bad)), refusedWith('BAD_NAME'))
  }
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 40 })
    .filter((bytes) => !bytes.includes(0) && !bytes.includes(0x2f))
    .filter((bytes) => !equalBytes(bytes, utf8('.')) && !equalBytes(bytes, utf8('..')))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (path) => {
      const parsed = parsePath(formatPath(path))
      return (
        parsed.length === path.length && parsed.every((each, at) => equalBytes(each, path[at]!))
      )
    }),
    { seed: 7 },
  )
})

test('a path leads to a file, a link, a folder, nowhere, or against a file', () => {
  const index = indexOf(
    folder(1, 'd'),
    sampleEntry(2, { text: 'f', parent: sampleId(1) }),
    sampleEntry(3, { text: 'l', kind: 'link', parent: sampleId(1) }),
    sampleEntry(4, { text: 'both' }),
    folder(5, 'both'),
    sampleEntry(6, { text: 'below', parent: sampleId(5) }),
    folder(7, 'gone', { tombstone: true }),
    sampleEntry(8, { text: 'kept', parent: sampleId(7) }),
  )
  const find = (path: string) => resolvePath(index, { vault, path: samplePath(path) })
  assert.deepEqual(find('/'), { kind: 'root', folder: vault })
  assert.equal(find('d').kind, 'folder')
  assert.equal(find('d/f').kind, 'file')
  assert.equal(find('d/l').kind, 'link')
  assert.equal(find('both').kind, 'file')
  assert.equal(find('both/below').kind, 'file')
  assert.deepEqual(find('d/x/y'), { kind: 'missing', folder: sampleId(1), found: 1 })
  assert.deepEqual(find('gone/kept'), { kind: 'missing', folder: vault, found: 0 })
  const blocked = find('d/f/x')
  assert.deepEqual([blocked.kind, 'found' in blocked && blocked.found], ['blocked', 1])
})

test('a listing goes through everything, in order, however many there are', () => {
  const count = limits.indexSliceEntriesMax * 2 + 3
  const files = Array.from({ length: count }, (_, at) =>
    sampleEntry(10 + at, { text: `${(at * 7919) % count}` }),
  )
  const index = indexOf(
    ...files,
    folder(1, '5'),
    sampleEntry(2, { text: 'in', parent: sampleId(1) }),
    folder(3, 'empty', { implicit: true }),
    folder(4, 'full', { implicit: true }),
    folder(5, 'nested', { implicit: true, parent: sampleId(4) }),
    sampleEntry(6, { text: 'x', parent: sampleId(5) }),
  )
  const flat = [...listFolder(index, { folder: vault })]
  assert.equal(flat.length, count + 2)
  for (let at = 1; at < flat.length; at += 1) {
    assert.ok(compareBytes(flat[at - 1]!.entry.name, flat[at]!.entry.name) <= 0)
  }
  const deep = [...listFolder(index, { folder: vault, recursive: true })]
  const paths = deep.map(({ path }) => utf8ToText(formatPath(path)))
  assert.equal(deep.length, count + 5)
  const at = paths.lastIndexOf('/5')
  assert.deepEqual(paths.slice(at, at + 2), ['/5', '/5/in'])
  assert.deepEqual(paths.slice(-3), ['/full', '/full/nested', '/full/nested/x'])
  assert.equal(hasChild(index, sampleId(3)), false)
  assert.equal(hasChild(index, sampleId(4)), true)
})

test('a listing lives with changes while it goes on', () => {
  const files = Array.from({ length: 1200 }, (_, at) =>
    sampleEntry(10 + at, { text: String(at).padStart(4, '0') }),
  )
  const index = indexOf(...files)
  const seen: string[] = []
  for (const { entry } of listFolder(index, { folder: vault })) {
    seen.push(utf8ToText(entry.name))
    if (seen.length === 1) {
      index.transaction(() => {
        index.putEntry({ ...files[1100]!, tombstone: true })
        index.putEntry(sampleEntry(5000, { text: '0000a' }))
        index.putEntry(sampleEntry(5001, { text: '9' }))
      })
    }
  }
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(!seen.includes('1100') && seen.includes('9') && seen.includes('1199'))
})

test('health is asked in slices and told in order', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const { feed } = ada.committer
  const versions: string[] = []
  for (const path of ['/a', '/b']) {
    const file = sampleFile(grid, ada, { path, text: path })
    await ada.committer.submit(file)
    versions.push(file.version)
  }
  const strangers = Array.from({ length: 700 }, (_, at) => sampleId(at + 1))
  const wanted = [versions[0]!, ...strangers, versions[1]!]
  const health = await healthOf(ada.session, { vault: feed.vault, versions: wanted })
  assert.equal(health.length, wanted.length)
  assert.notEqual(health[0], undefined)
  assert.equal(health[0], health.at(-1))
  assert.ok(health.slice(1, -1).every((each) => each === undefined))
})

test('the root cannot be removed, and a missing path is told', async () => {
  const grid = await clientGrid()
  const { committer } = await grid.client('ada')
  const remove = (path: string) =>
    removePath(committer, { path: samplePath(path), recursive: true, now: false })
  await assert.rejects(remove('/'), refusedWith('BAD_USAGE'))
  await assert.rejects(remove('/no/such'), refusedWith('NOT_FOUND'))
})
