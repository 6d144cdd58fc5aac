import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../base/adapters/system-clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { clientGrid, directTransport } from '../../testing/client/client-grid.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { sampleFile } from '../../testing/client/sample-file.ts'
import { samplePack } from '../../testing/client/sample-pack.ts'
import { controlPath } from '../../wire/control-codec.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { newId } from './new-id.ts'
import { createPageList } from './page-list.ts'
import type { CommitOutcome, PendingFile } from './pending.ts'

function committed(outcome: CommitOutcome): IndexEntry {
  return outcome.kind === 'committed' ? outcome.entry : assert.fail(outcome.kind)
}

test('chunks that are nowhere are named to those who need them, and the others go on', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const whole = sampleFile(grid, ada, { path: '/whole', text: 'whole' })
  const lacking = { ...sampleFile(grid, ada, { path: '/lacking', text: 'gone' }), packs: [] }
  const shared = { ...lacking, upload: whole.upload }
  const [first, second] = await Promise.all([
    ada.committer.submit(whole),
    ada.committer.submit(shared),
  ])
  committed(first)
  assert.equal(second.kind, 'missing')
  assert.deepEqual(second.kind === 'missing' && second.chunks, [lacking.pages.inline[0]!.ids])
  const packs = [samplePack(grid, ada.committer.feed.vault, [lacking.pages.inline[0]!.ids])]
  committed(await ada.committer.submit({ ...lacking, packs }))
})

test('a list of many pages is staged as it grows', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const { vault } = ada.committer.feed
  const upload = newId(grid.random)
  const version = newId(grid.random)
  const pages = createPageList(ada.session, { vault, version })
  const ids = Array.from({ length: 10_000 }, () => grid.random.bytes(32))
  const call = ada.session.control
  await call.call('upload/open', { upload, vault: vault.vault })
  let registeredChunks = 0
  let heldMost = 0
  for (let at = 0; at < ids.length; at += 2_500) {
    const slice = ids.slice(at, at + 2_500)
    for (const id of slice) pages.add({ id, plainBytes: 3 })
    const packs = [samplePack(grid, vault, slice)]
    assert.equal((await pages.stage({ upload, registeredChunks })).kind, 'staged')
    await call.call('packs/register', { upload, vault: vault.vault, packs })
    registeredChunks += slice.length
    assert.equal((await pages.stage({ upload, registeredChunks })).kind, 'staged')
    heldMost = Math.max(heldMost, pages.heldBytes)
  }
  assert.ok(heldMost < 9 * 1024 * 36, String(heldMost))
  pages.finish()
  assert.equal((await pages.stage({ upload, registeredChunks })).kind, 'staged')
  const finished = pages.finished()
  assert.deepEqual([finished.chunkCount, finished.inline.length], [10_000, 0])
  const base = sampleFile(grid, ada, { path: '/big', text: 'big', chunks: 0 })
  const big: PendingFile = { ...base, version, bytes: 30_000, upload, pages: finished }
  assert.equal(committed(await ada.committer.submit(big)).chunkCount, 10_000)
  const missing = createPageList(ada.session, { vault, version: newId(grid.random) })
  for (const id of ids.slice(0, 9_216)) missing.add({ id: id.toReversed(), plainBytes: 1 })
  missing.finish()
  const outcome = await missing.stage({ upload, registeredChunks: 9_216 })
  assert.equal(outcome.kind, 'missing')
})

/** Pauses between tries take no time. */
function atOnce(_delayMs: number, run: () => void) {
  const pause = setImmediate(run)
  return { cancel: () => clearImmediate(pause) }
}

test('an answer that is lost changes nothing twice', async () => {
  const clock = { ...systemClock, timer: atOnce }
  const grid = await clientGrid({ clock })
  let lose = 0
  const world = grid.machine(() => {
    const direct = directTransport(grid.handle)
    return {
      ...direct,
      async send(request, options) {
        const answer = await direct.send(request, options)
        if (request.path !== controlPath('commit') || lose === 0) return answer
        lose -= 1
        throw new HoldfastError('CONNECTION_LOST', 'The answer was lost')
      },
    }
  })
  const ada = await grid.client('ada', world)
  lose = 1
  const file = sampleFile(grid, ada, { path: '/x', text: 'x' })
  committed(await ada.committer.submit(file))
  assert.equal(ada.committer.feed.index.state().n, 1)
  lose = limits.controlTriesMax
  const next = sampleFile(grid, ada, { path: '/x', text: 'y' })
  await assert.rejects(ada.committer.submit(next), refusedWith('CONNECTION_LOST'))
  const entry = committed(await ada.committer.submit(next))
  assert.equal(entry.version, next.version)
  assert.equal(ada.committer.feed.index.state().n, 2)
})

test('what others overwrote before its answer came is committed all the same', async () => {
  const clock = { ...systemClock, timer: atOnce }
  const grid = await clientGrid({ clock })
  const eve = await grid.client('ada')
  let lose = false
  const world = grid.machine(() => {
    const direct = directTransport(grid.handle)
    return {
      ...direct,
      async send(request, options) {
        const answer = await direct.send(request, options)
        if (request.path !== controlPath('commit') || !lose) return answer
        lose = false
        for (const text of ['over', 'and over']) {
          committed(await eve.committer.submit(sampleFile(grid, eve, { path: '/x', text })))
        }
        throw new HoldfastError('CONNECTION_LOST', 'The answer was lost')
      },
    }
  })
  const ada = await grid.client('ada', world)
  lose = true
  const file = sampleFile(grid, ada, { path: '/x', text: 'first' })
  const entry = committed(await ada.committer.submit(file))
  assert.equal(entry.version, file.version)
  assert.equal(lose, false)
  await ada.committer.feed.catchUp()
  assert.equal(ada.committer.feed.index.state().n, 3)
  assert.notEqual(ada.committer.feed.index.entry(entry.entry)?.version, file.version)
})

test('who gave up waiting is not committed', async () => {
  const grid = await clientGrid()
  const ada = await grid.client('ada')
  const gone = AbortSignal.abort(new HoldfastError('INTERRUPTED', 'Stopped'))
  const file = sampleFile(grid, ada, { path: '/x', text: 'x' })
  await assert.rejects(ada.committer.submit({ ...file, signal: gone }), refusedWith('INTERRUPTED'))
  await ada.committer.idle()
  assert.equal(ada.committer.feed.index.state().n, 0)
})
