import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8ToText } from '../../base/bytes.ts'
import { clientGrid, type ClientGrid, type TestClient } from '../../testing/client/client-grid.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { sampleFile } from '../../testing/client/sample-file.ts'
import { controlPath } from '../../wire/control-codec.ts'
import { homeIndexes } from '../adapters/home-indexes.ts'
import { createCommitter } from '../commit/committer.ts'
import type { ClientWorld } from '../session.ts'
import { startSession } from '../session.ts'
import { listFolder } from '../tree/list-folder.ts'
import { openFeed } from './vault-feed.ts'

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-feed-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function put(grid: ClientGrid, client: TestClient, path: string): Promise<void> {
  const file = sampleFile(grid, client, { path, text: path, chunks: 0 })
  assert.equal((await client.committer.submit(file)).kind, 'committed')
}

function names({ committer }: TestClient): string[] {
  const { index, vault } = committer.feed
  return [...listFolder(index, { folder: vault.vault })].map(({ entry }) => utf8ToText(entry.name))
}

/** Another process of the same account on the same machine. */
function process({ world, session, committer }: TestClient): TestClient {
  const other = startSession(world, session.stored)
  const feed = openFeed(other, committer.feed.vault)
  return { world, session: other, committer: createCommitter(other, feed) }
}

function onDisk(grid: ClientGrid, folder: string): ClientWorld {
  return { ...grid.machine(), indexes: homeIndexes(folder) }
}

function closeAll(...clients: TestClient[]): void {
  for (const { session, committer } of clients) {
    committer.feed.close()
    session.close()
  }
}

test('two processes share one index, whoever brings it forward', async (t) => {
  const grid = await clientGrid()
  const one = await grid.client('ada', onDisk(grid, scratch(t)))
  const two = process(one)
  const elsewhere = await grid.client('ada')
  await put(grid, one, '/one')
  await put(grid, two, '/two')
  await put(grid, elsewhere, '/else')
  await Promise.all([one, two].map(({ committer }) => committer.feed.catchUp()))
  await Promise.all([put(grid, one, '/x1'), put(grid, two, '/x2'), put(grid, elsewhere, '/x3')])
  const wanted = ['else', 'one', 'two', 'x1', 'x2', 'x3']
  for (const client of [one, two, elsewhere]) {
    await client.committer.feed.catchUp()
    assert.deepEqual(names(client), wanted)
    assert.equal(client.committer.feed.index.state().n, 6)
  }
  closeAll(one, two)
})

test('an index that is damaged while it is open is fetched again', async (t) => {
  const folder = scratch(t)
  const grid = await clientGrid()
  const elsewhere = await grid.client('ada')
  await Promise.all(Array.from({ length: 800 }, (_, at) => put(grid, elsewhere, `/${at}`)))
  const first = await grid.client('ada', onDisk(grid, folder))
  closeAll(first)
  const { vault } = first.committer.feed.vault
  const path = join(folder, 'index', first.session.stored.account, `${vault}.db`)
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0x55, 16 * 1024, bytes.length - 16 * 1024))
  await put(grid, elsewhere, '/more')
  const again = process(first)
  await again.committer.feed.catchUp()
  assert.equal(names(again).length, 801)
  closeAll(again)
})

test('an answer that was overtaken by an own commit is no fork', async () => {
  const grid = await clientGrid()
  let hold: Promise<void> | undefined
  const world = grid.machine((honest) => ({
    ...honest,
    async send(request, options) {
      const answer = await honest.send(request, options)
      if (request.path === controlPath('feed')) await hold
      return answer
    },
  }))
  const ada = await grid.client('ada', world)
  const elsewhere = await grid.client('ada')
  await put(grid, ada, '/before')
  for (const others of [[], ['/other1', '/other2']]) {
    const held = Promise.withResolvers<void>()
    hold = held.promise
    await elsewhere.committer.feed.catchUp()
    for (const path of others) await put(grid, elsewhere, path)
    const following = ada.committer.feed.catchUp()
    await new Promise(setImmediate)
    const own = put(grid, ada, `/own${others.length}`)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    held.resolve()
    await Promise.all([following, own])
  }
  await ada.committer.feed.catchUp()
  assert.deepEqual(names(ada), ['before', 'other1', 'other2', 'own0', 'own2'])
})

test('what is remembered outlives the index, and a grid that begins anew is refused', async (t) => {
  const folder = scratch(t)
  const grid = await clientGrid({ seed: 5 })
  const ada = await grid.client('ada', onDisk(grid, folder))
  await put(grid, ada, '/a')
  const state = ada.committer.feed.index.state()
  closeAll(ada)
  rmSync(join(folder, 'index'), { recursive: true })
  const again = process(ada)
  assert.equal(again.committer.feed.index.state().n, 0)
  assert.equal(again.session.pins.get(again.committer.feed.vault.vault)?.feed.n, state.n)
  await again.committer.feed.catchUp()
  assert.deepEqual(again.committer.feed.index.state(), state)
  closeAll(again)
})

test('a term is kept with the session, and a lower one is refused', async () => {
  const grid = await clientGrid()
  const { session, world } = await grid.client('ada')
  session.noteTerm(5)
  assert.equal(world.sessions.load('ada')?.term, 5)
  assert.throws(() => session.noteTerm(4), refusedWith('TERM_OLD'))
  assert.throws(
    () => session.noteGrid({ gridId: '0'.repeat(32), term: 5 }),
    refusedWith('IDENTITY_MISMATCH'),
  )
  const feed = openFeed(session, (await grid.client('ada')).committer.feed.vault)
  await assert.rejects(feed.catchUp(), refusedWith('TERM_OLD'))
})

test('a long history comes in parts, each verified by itself', async () => {
  const grid = await clientGrid({ config: { limits: { feedCommitsMax: 3 } } })
  const one = await grid.client('ada')
  for (let at = 0; at < 10; at += 1) await put(grid, one, `/${at}`)
  const two = await grid.client('ada')
  assert.deepEqual(two.committer.feed.index.state(), one.committer.feed.index.state())
  assert.equal(names(two).length, 10)
  const { index } = two.committer.feed
  const verified = Array.from({ length: 10 }, (_, at) => index.commit(at + 1)?.verified)
  assert.deepEqual(
    verified.map((each, at) => (each ? at + 1 : 0)).filter((n) => n > 0),
    [3, 6, 9, 10],
  )
})
