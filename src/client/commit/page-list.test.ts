import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { listRoot, openPageLengths, pageHash } from '../../core/page.ts'
import { clientGrid, primitives } from '../../testing/client/client-grid.ts'
import { newId } from './new-id.ts'
import { createPageList, type PageList } from './page-list.ts'

const page = limits.pageChunksMax

const grid = await clientGrid()
const { session, committer } = await grid.client('ada')
const { vault } = committer.feed

function scene(chunks: number) {
  const version = newId(grid.random)
  const list: PageList = createPageList(session, { vault, version })
  const ids = Array.from({ length: chunks }, () => grid.random.bytes(32))
  for (const [at, id] of ids.entries()) list.add({ id, plainBytes: at + 1 })
  list.finish()
  return { list, ids, version, generation: vault.keys.newestGeneration }
}

test('pages hold ids and lengths in order, and the root covers them', () => {
  for (const chunks of [0, 1, page - 1, page, page + 1, 3 * page]) {
    const { list, ids, version, generation } = scene(chunks)
    const finished = list.finished()
    assert.deepEqual([finished.chunkCount, finished.generation], [chunks, generation])
    const hashes = finished.inline.map((each) => pageHash(primitives, each))
    assert.deepEqual(finished.listRoot, listRoot(primitives, hashes))
    let [next, offset] = [0, 0]
    for (const [number, each] of finished.inline.entries()) {
      const place = { generation, version: fromHex(version)!, number, ids: each.ids }
      const sealed = each.sealedLengths
      const opened = openPageLengths(primitives, vault.keys, { ...place, sealed })
      assert.equal(opened.offset, offset)
      for (const length of opened.lengths) {
        assert.equal(length, next + 1)
        const id = each.ids.subarray((next % page) * 32, (next % page) * 32 + 32)
        assert.deepEqual(id, ids[next])
        next += 1
        offset += length
      }
    }
    assert.equal(next, chunks)
  }
})

test('as many pages as a commit takes go along; one more and all have to be staged', () => {
  const most = scene(limits.inlinePagesMax * page)
  assert.equal(most.list.finished().inline.length, limits.inlinePagesMax)
  const more = scene(limits.inlinePagesMax * page + 1)
  assert.throws(() => more.list.finished(), /staged first/)
})

test('a list is used in its order only', () => {
  const { list, ids } = scene(1)
  assert.throws(() => list.add({ id: ids[0]!, plainBytes: 1 }), /takes no chunks/)
  const open = createPageList(session, { vault, version: newId(grid.random) })
  assert.throws(() => open.finished(), /finished first/)
  assert.throws(() => open.add({ id: new Uint8Array(31), plainBytes: 1 }), /32 bytes/)
})
