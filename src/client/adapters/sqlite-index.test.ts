import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { compareBytes, utf8 } from '../../base/bytes.ts'
import { hasCode, HoldfastError } from '../../base/errors.ts'
import { sampleEntry, sampleId } from '../../testing/client/sample-entry.ts'
import type { IndexEntry, VaultIndex } from '../index/vault-index.ts'
import { homeIndexes, memoryIndexes } from './home-indexes.ts'
import { openSqliteIndex } from './sqlite-index.ts'

const root = sampleId(0)

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-index-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function put(index: VaultIndex, ...entries: IndexEntry[]): void {
  index.transaction(() => {
    for (const entry of entries) index.putEntry(entry)
  })
}

test('gives back what was put, whatever its shape', () => {
  const index = openSqliteIndex(':memory:')
  const entries = [
    sampleEntry(1, { previous: sampleId(77), md5: new Uint8Array(16).fill(9) }),
    sampleEntry(2, { kind: 'folder', implicit: true, chunkCount: 0, bytes: 0 }),
    sampleEntry(3, { kind: 'link', bytes: Number.MAX_SAFE_INTEGER }),
    sampleEntry(4, { name: Uint8Array.of(0xff, 0x0a, 0x80), tombstone: true }),
  ]
  put(index, ...entries)
  for (const entry of entries) assert.deepEqual(index.entry(entry.entry), entry)
  assert.equal(index.entry(sampleId(99)), undefined)
  index.close()
})

test('orders children as bytes, a file before a folder of its name, in slices of any size', () => {
  const index = openSqliteIndex(':memory:')
  const names = ['b', 'a', 'Z', 'ab', 'é', '\u{10000}', '\uffff', ' ', 'a\n'].map((text) =>
    utf8(text),
  )
  names.push(Uint8Array.of(0xfe), Uint8Array.of(0x80, 0x01))
  const entries = names.map((name, at) => sampleEntry(at + 1, { name }))
  const folder = sampleEntry(50, { kind: 'folder', name: utf8('a') })
  const elsewhere = sampleEntry(51, { parent: sampleId(7) })
  const gone = sampleEntry(52, { tombstone: true })
  put(index, ...entries, folder, elsewhere, gone)
  const wanted = [...entries, folder].toSorted(
    (left, right) =>
      compareBytes(left.name, right.name) ||
      Number(left.kind === 'folder') - Number(right.kind === 'folder'),
  )
  for (let most = 1; most <= wanted.length + 1; most += 1) {
    assert.deepEqual(allChildren(index, most), wanted)
  }
  index.close()
})

function allChildren(index: VaultIndex, most: number): IndexEntry[] {
  const all: IndexEntry[] = []
  for (;;) {
    const slice = index.children({ parent: root, after: all.at(-1), most })
    all.push(...slice)
    if (slice.length < most) return all
  }
}

test('finds a file and a folder of one name apart, and the latest of deleted files', () => {
  const index = openSqliteIndex(':memory:')
  const name = utf8('x')
  const file = sampleEntry(1, { name, kind: 'link' })
  const folder = sampleEntry(2, { name, kind: 'folder' })
  const deleted = [5, 9, 7].map((n) => sampleEntry(n, { name, n, tombstone: true }))
  put(index, file, folder, ...deleted)
  const place = { parent: root, name }
  assert.deepEqual(index.child({ ...place, kind: 'file' }), file)
  assert.deepEqual(index.child({ ...place, kind: 'folder' }), folder)
  assert.equal(index.named(place).deletedFile?.n, 9)
  put(index, { ...file, tombstone: true, n: 20 })
  assert.equal(index.child({ ...place, kind: 'file' }), undefined)
  assert.equal(index.named(place).deletedFile?.entry, file.entry)
  index.close()
})

test('a purged head takes the place of what was known, and is unsettled until it is settled', () => {
  const index = openSqliteIndex(':memory:')
  const heads = [1, 2, 3].map((number) => {
    const { entry, parent, kind, version, n } = sampleEntry(number)
    return { entry, parent, kind, version, n, tombstone: number === 3 }
  })
  put(index, sampleEntry(1), sampleEntry(9))
  index.transaction(() => {
    for (const head of heads) index.putPurgedHead(head)
  })
  assert.equal(index.entry(sampleId(1)), undefined)
  for (const head of heads) assert.deepEqual(index.purgedHead(head.entry), head)
  assert.equal(index.purgedHead(sampleId(9)), undefined)
  assert.deepEqual(index.unsettled(9), heads.slice(0, 2))
  assert.equal(index.unsettled(1).length, 1)
  index.transaction(() => index.settle(sampleId(1)))
  index.transaction(() => index.removePurgedHead(sampleId(2)))
  assert.deepEqual(index.unsettled(9), [])
  assert.deepEqual(index.purgedHead(sampleId(1)), heads[0])
  index.clear()
  assert.equal(index.purgedHead(sampleId(3)), undefined)
  index.close()
})

test('a transaction that throws leaves nothing', () => {
  const index = openSqliteIndex(':memory:')
  const failure = new Error('no')
  assert.throws(
    () =>
      index.transaction(() => {
        index.putEntry(sampleEntry(1))
        index.setState({ term: 1, n: 1, h: new Uint8Array(32), commitTerm: 1 })
        throw failure
      }),
    failure,
  )
  assert.equal(index.entry(sampleId(1)), undefined)
  assert.equal(index.state().n, 0)
  index.close()
})

test('keeps commits and heads, and forgets all when cleared', () => {
  const index = openSqliteIndex(':memory:')
  const commits = [1, 2, 3].map((n) => ({
    n,
    h: new Uint8Array(32).fill(n),
    writer: sampleId(4),
    statement: Uint8Array.of(n),
    signature: new Uint8Array(64).fill(n),
    verified: n === 3,
  }))
  index.transaction(() => {
    for (const commit of commits) index.addCommit(commit)
    index.markVerified(1)
    index.putEntry(sampleEntry(1))
  })
  assert.deepEqual(index.commit(2), commits[1])
  assert.equal(index.commit(1)?.verified, true)
  assert.deepEqual(index.head(3), commits[2]!.h)
  assert.deepEqual(
    [...index.heads(2)].filter((_, at) => at % 32 === 0),
    [2, 3],
  )
  index.clear()
  assert.equal(index.commit(2), undefined)
  assert.equal(index.heads(9).length, 0)
  assert.equal(index.entry(sampleId(1)), undefined)
  index.close()
})

test('two connections to one file see one another, and files are private', (t) => {
  const path = join(scratch(t), 'a', 'index.db')
  const [one, two] = [openSqliteIndex(path), openSqliteIndex(path)]
  put(one, sampleEntry(1))
  assert.deepEqual(two.entry(sampleId(1)), sampleEntry(1))
  put(two, sampleEntry(2))
  assert.deepEqual(one.entry(sampleId(2)), sampleEntry(2))
  assert.equal(statSync(path).mode & 0o077, 0)
  assert.equal(statSync(`${path}-wal`).mode & 0o077, 0)
  one.close()
  two.close()
})

test('many may open a new file at one moment', async (t) => {
  const path = join(scratch(t), 'index.db')
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const opener = new URL('../../testing/client/open-index-at-once.ts', import.meta.url)
  const threads = Array.from({ length: 4 }, (_, at) => {
    const number = at + 1
    return new Worker(opener, { workerData: { path, gate, number } })
  })
  await Promise.all(threads.map((thread) => once(thread, 'message')))
  const ended = threads.map((thread) => once(thread, 'exit'))
  Atomics.store(gate, 0, 1)
  Atomics.notify(gate, 0)
  assert.deepEqual(await Promise.all(ended), [[0], [0], [0], [0]])
  const index = openSqliteIndex(path)
  assert.equal(index.children({ parent: root, most: 1000 }).length, 80)
  index.close()
})

test('a damaged file is empty when it is opened again', (t) => {
  const path = join(scratch(t), 'index.db')
  filled(path, 400)
  writeFileSync(path, 'this was never a database'.repeat(400))
  const index = openSqliteIndex(path)
  assert.equal(index.entry(sampleId(1)), undefined)
  index.close()
})

test('damage that shows later is told once, and gone when it is opened again', (t) => {
  const path = join(scratch(t), 'index.db')
  filled(path, 4000)
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0x55, 64 * 1024, bytes.length - 64 * 1024))
  const index = openSqliteIndex(path)
  const error = thrownBy(() => {
    for (let number = 0; number < 4000; number += 1) index.entry(sampleId(number))
  })
  assert.ok(hasCode(error, 'CORRUPT') && error.details.dropped === true, String(error))
  const again = openSqliteIndex(path)
  assert.equal(again.state().n, 0)
  assert.equal(again.children({ parent: root, most: 1 }).length, 0)
  again.close()
})

function filled(path: string, count: number): void {
  const index = openSqliteIndex(path)
  put(index, ...Array.from({ length: count }, (_, at) => sampleEntry(at)))
  index.close()
}

function thrownBy(work: () => void): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}

test('an older schema is emptied, a newer one is refused and left alone', (t) => {
  const path = join(scratch(t), 'index.db')
  for (const version of [0, 99]) {
    const database = new DatabaseSync(path)
    database.exec(`CREATE TABLE IF NOT EXISTS entries (x); PRAGMA user_version = ${version}`)
    database.close()
    if (version === 0) openSqliteIndex(path).close()
  }
  assert.throws(
    () => openSqliteIndex(path),
    (error) => error instanceof HoldfastError && error.code === 'VERSION_UNSUPPORTED',
  )
  const database = new DatabaseSync(path)
  assert.equal(database.prepare('PRAGMA user_version').get()?.user_version, 99)
  database.close()
})

test('stores keep what is theirs apart', (t) => {
  for (const store of [memoryIndexes(), homeIndexes(scratch(t))]) {
    const open = (vault: number) =>
      store.openIndex({ account: sampleId(1), vault: sampleId(vault) })
    const first = open(1)
    put(first, sampleEntry(1))
    first.close()
    const again = open(1)
    assert.deepEqual(again.entry(sampleId(1)), sampleEntry(1))
    again.close()
    const other = open(2)
    assert.equal(other.entry(sampleId(1)), undefined)
    other.close()
  }
})
