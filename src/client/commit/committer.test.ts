import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8, utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { clientGrid, type TestClient } from '../../testing/client/client-grid.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { sampleFile, samplePath } from '../../testing/client/sample-file.ts'
import type { VaultFeed } from '../index/vault-feed.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { formatPath } from '../tree/path.ts'
import { listFolder } from '../tree/list-folder.ts'
import { makeFolder } from './make-folder.ts'
import { removePath } from './remove-path.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import type { CommitOutcome, PendingFolder } from './pending.ts'

/** Paths, folders with a slash behind, in order. */
function listing({ index, vault }: VaultFeed): string[] {
  return [...listFolder(index, { folder: vault.vault, recursive: true })].map(
    ({ path, entry }) => utf8ToText(formatPath(path)) + (entry.kind === 'folder' ? '/' : ''),
  )
}

function entryAt({ committer }: TestClient, path: string): IndexEntry {
  const { index, vault } = committer.feed
  const found = resolvePath(index, { vault: vault.vault, path: samplePath(path) })
  return 'entry' in found ? found.entry : assert.fail(`${path} leads to ${found.kind}`)
}

function committed(outcome: CommitOutcome): IndexEntry {
  return outcome.kind === 'committed' ? outcome.entry : assert.fail(outcome.kind)
}

function folder(path: string, changes: Partial<PendingFolder> = {}): PendingFolder {
  return {
    kind: 'folder',
    path: samplePath(path),
    mode: 0o700,
    modified: { seconds: 1, nanoseconds: 2 },
    ifThere: 'update',
    ...changes,
  }
}

test('a lone file is there at once, and on another machine after catching up', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const file = sampleFile(grid, ada, { path: '/a/b/c', text: 'one' })
  const entry = committed(await ada.committer.submit(file))
  assert.equal(entry.version, file.version)
  assert.deepEqual(listing(ada.committer.feed), ['/a/', '/a/b/', '/a/b/c'])
  const other = await grid.client('ada')
  assert.deepEqual(listing(other.committer.feed), ['/a/', '/a/b/', '/a/b/c'])
  assert.deepEqual(entryAt(other, 'a/b/c'), entry)
  other.committer.feed.verifyVersion(entry)
  assert.deepEqual(other.committer.feed.index.state(), ada.committer.feed.index.state())
})

test('what is submitted at one moment goes into few commits, in order of its folders', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const count = 1500
  const files = Array.from({ length: count }, (_, at) =>
    sampleFile(grid, ada, { path: `/f${at % 7}/${at}`, text: '', chunks: 0 }),
  )
  const outcomes = await Promise.all([
    ada.committer.submit(folder('f0')),
    ...files.map((file) => ada.committer.submit(file)),
  ])
  assert.ok(outcomes.every(({ kind }) => kind === 'committed'))
  assert.equal(ada.committer.feed.index.state().n, Math.ceil((count + 7) / 1024))
  assert.equal(entryAt(ada, 'f0').mode, 0o700)
  const other = await grid.client('ada')
  assert.deepEqual(listing(other.committer.feed), listing(ada.committer.feed))
  assert.equal(listing(other.committer.feed).length, count + 7)
})

test('a file against a folder changes nothing, and the others go on', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const put = (path: string) =>
    ada.committer.submit(sampleFile(grid, ada, { path, text: path, chunks: 0 }))
  await Promise.all([put('/folder/file'), put('/plain')])
  const results = await Promise.allSettled([
    put('/folder'),
    put('/new'),
    put('/plain/below'),
    ada.committer.submit(folder('plain')),
    put('/folder/file/x/y'),
  ])
  const kinds = results.map((result) =>
    result.status === 'rejected' ? (result.reason as HoldfastError).code : result.value.kind,
  )
  const conflict = 'KIND_CONFLICT'
  assert.deepEqual(kinds, [conflict, 'committed', conflict, conflict, conflict])
  assert.deepEqual(listing(ada.committer.feed), ['/folder/', '/folder/file', '/new', '/plain'])
})

test('folders take mode and time, stay, or are refused, as is wanted', async () => {
  const grid = await clientGrid()
  const { committer } = await grid.client('ada')
  const first = committed(await committer.submit(folder('a')))
  assert.equal((await committer.submit(folder('a'))).kind, 'unchanged')
  assert.equal(
    (await committer.submit(folder('a', { mode: 0, ifThere: 'keep' }))).kind,
    'unchanged',
  )
  const changed = committed(await committer.submit(folder('a', { mode: 0o711 })))
  assert.deepEqual([changed.entry, changed.previous], [first.entry, first.version])
  assert.equal(changed.mode, 0o711)
  await assert.rejects(makeFolder(committer, { path: samplePath('a') }), refusedWith('EXISTS'))
  const deep = await makeFolder(committer, { path: samplePath('b/c/d') })
  assert.equal(deep.kind, 'folder')
  assert.deepEqual(listing(committer.feed), ['/a/', '/b/', '/b/c/', '/b/c/d/'])
})

test('bad names, the root and endless paths are refused before anything is sent', async () => {
  const grid = await clientGrid()
  const { committer } = await grid.client('ada')
  const names = ['', '.', '..', 'a/b', 'a\0', 'x'.repeat(1025)]
  for (const name of names) {
    const path = [utf8('ok'), utf8(name)]
    await assert.rejects(committer.submit({ ...folder(''), path }), refusedWith('BAD_NAME'))
  }
  await assert.rejects(committer.submit(folder('')), refusedWith('BAD_USAGE'))
  const endless = Array.from({ length: limits.commitOperationsMax + 1 }, () => utf8('d'))
  const tooDeep = committer.submit({ ...folder(''), path: endless })
  await assert.rejects(tooDeep, refusedWith('OVER_LIMIT'))
  const deepest = Array.from({ length: limits.folderDepthMax + 1 }, () => utf8('d'))
  await assert.rejects(
    committer.submit({ ...folder(''), path: deepest }),
    refusedWith('OVER_LIMIT'),
  )
  assert.equal(committer.feed.index.state().n, 0)
})

test('what is too deep fails alone', async () => {
  const grid = await clientGrid()
  const { committer } = await grid.client('ada')
  const [beside, deepest, deeper] = await Promise.allSettled([
    committer.submit(folder('a')),
    committer.submit({ ...folder(''), path: deepPath(limits.folderDepthMax) }),
    committer.submit({ ...folder(''), path: deepPath(limits.folderDepthMax + 1) }),
  ])
  assert.deepEqual([beside.status, deepest.status], ['fulfilled', 'fulfilled'])
  assert.ok(deeper.status === 'rejected' && refusedWith('OVER_LIMIT')(deeper.reason))
})

test('a file removed and put again goes on with its history; a folder begins anew', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const { committer } = ada
  const put = async (path: string) =>
    committed(await committer.submit(sampleFile(grid, ada, { path, text: path })))
  const first = await put('/f/a')
  await put('/f/b')
  const remove = (path: string, recursive = false, now = false) =>
    removePath(committer, { path: samplePath(path), recursive, now })
  const tombstone = await remove('/f/a')
  assert.deepEqual([tombstone.tombstone, tombstone.previous], [true, first.version])
  await assert.rejects(remove('/f/a'), refusedWith('NOT_FOUND'))
  const again = await put('/f/a')
  assert.deepEqual([again.entry, again.previous], [first.entry, tombstone.version])
  await assert.rejects(remove('/f'), refusedWith('FOLDER_NOT_EMPTY'))
  const old = await remove('/f', true)
  assert.deepEqual(listing(committer.feed), [])
  const anew = await put('/f/a')
  assert.notEqual(anew.parent, old.entry)
  assert.deepEqual(listing(committer.feed), ['/f/', '/f/a'])
  const other = await grid.client('ada')
  assert.deepEqual(listing(other.committer.feed), ['/f/', '/f/a'])
})

test('what was purged can be put again, also by who still knows the purged entry', async () => {
  const grid = await clientGrid()
  const [one, two] = [await grid.client('ada'), await grid.client('ada')]
  const put = async (client: TestClient) => {
    const file = sampleFile(grid, client, { path: '/x', text: 'x' })
    return committed(await client.committer.submit(file))
  }
  const first = await put(one)
  await two.committer.feed.catchUp()
  const removal = { path: samplePath('/x'), recursive: false, now: true }
  await removePath(two.committer, removal)
  const second = await put(one)
  assert.notEqual(second.version, first.version)
  const third = await grid.client('ada')
  assert.deepEqual(listing(third.committer.feed), ['/x'])
  await two.committer.feed.catchUp()
  assert.equal(entryAt(two, 'x').version, second.version)
})

test('two machines put to one path at once: both are acknowledged, one is the head', async () => {
  const grid = await clientGrid()
  const clients = [await grid.client('ada'), await grid.client('ada')]
  const heads = new Set<string>()
  for (let round = 0; round < 5; round += 1) {
    const outcomes = await Promise.all(
      clients.map((client, at) =>
        client.committer.submit(
          sampleFile(grid, client, { path: '/same/path', text: `${round} ${at}` }),
        ),
      ),
    )
    for (const outcome of outcomes) heads.add(committed(outcome).version)
  }
  assert.equal(heads.size, 10)
  await Promise.all(clients.map(({ committer }) => committer.feed.catchUp()))
  const [left, right] = clients.map((client) => entryAt(client, 'same/path'))
  assert.deepEqual(left, right)
  assert.equal(left?.n, 10)
})

test('two machines in one folder, which one of them removes: everything acknowledged is there', async () => {
  const grid = await clientGrid()
  const [one, two] = [await grid.client('ada'), await grid.client('ada')]
  const put = (client: TestClient, path: string) =>
    client.committer.submit(sampleFile(grid, client, { path, text: path }))
  await put(one, '/d/first')
  await two.committer.feed.catchUp()
  await removePath(two.committer, { path: samplePath('/d'), recursive: true, now: false })
  committed(await put(one, '/d/second'))
  await Promise.all([put(one, '/d/third'), put(two, '/d/fourth')])
  const third = await grid.client('ada')
  assert.deepEqual(listing(third.committer.feed), ['/d/', '/d/fourth', '/d/second', '/d/third'])
})

function deepPath(depth: number): Uint8Array[] {
  return Array.from({ length: depth }, () => utf8('d'))
}
