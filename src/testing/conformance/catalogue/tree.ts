import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { OperationRow } from '../../../catalogue/rows/commits.ts'
import type { Check } from './suite.ts'

export const treeChecks: Record<string, Check> = {
  async 'a head changes only from what it is'(scene) {
    const first = scene.file()
    await scene.committed([first])
    const second = scene.next(first)
    await scene.committed([second])
    assert.deepEqual(await scene.conflicts([scene.next(first)]), [[0, 'changed']])
    assert.deepEqual(await scene.conflicts([scene.file({ previous: scene.id() })]), [
      [0, 'changed'],
    ])
    const asNew = scene.file({ entry: first.entry, tag: first.tag })
    assert.deepEqual(await scene.conflicts([asNew]), [[0, 'changed']])
    await scene.committed([scene.next(second)])
  },

  async 'a name is taken once among the live'(scene) {
    const file = scene.file()
    const folder = scene.folder()
    await scene.committed([file, folder])
    const { tag } = file
    assert.deepEqual(await scene.conflicts([scene.file({ tag })]), [[0, 'exists']])
    assert.deepEqual(await scene.conflicts([scene.file({ tag, kind: 'link' })]), [[0, 'exists']])
    assert.deepEqual(await scene.conflicts([scene.folder({ tag })]), [[0, 'exists']])
    const asFile = scene.file({ tag: folder.tag })
    assert.deepEqual(await scene.conflicts([asFile]), [[0, 'exists']])
    await scene.committed([scene.file({ tag, parent: folder.entry })])
    const mixed = scene.bytes(32)
    const twins = [scene.file({ tag: mixed }), scene.folder({ tag: mixed })]
    assert.deepEqual(await scene.conflicts(twins), [[1, 'exists']])
    const twice = scene.bytes(32)
    const both = [scene.file({ tag: twice }), scene.file({ tag: twice })]
    assert.deepEqual(await scene.conflicts(both), [[1, 'exists']])
    await scene.committed([scene.tombstone(file), scene.file({ tag })])
    const gone = scene.tombstone(folder)
    const inPlace = scene.file({ tag: folder.tag })
    await scene.committed([gone, inPlace])
    await scene.committed([scene.next(inPlace)])
  },

  async 'a deleted file is revived at its place, a deleted folder is not'(scene) {
    const [file, folder] = [scene.file(), scene.folder()]
    await scene.committed([file, folder])
    const gone = [scene.tombstone(file), scene.tombstone(folder)]
    await scene.committed(gone)
    assert.deepEqual(await scene.conflicts([scene.tombstone(gone[0]!)]), [[0, 'changed']])
    const back = scene.next(gone[0]!, { tombstone: false })
    await scene.committed([back])
    const folderBack = scene.next(gone[1]!, { tombstone: false })
    assert.deepEqual(await scene.conflicts([folderBack]), [[0, 'entry-exists']])
    await scene.committed([scene.folder({ tag: folder.tag })])
    const taken = scene.tombstone(back)
    await scene.committed([taken, scene.file({ tag: file.tag })])
    const again = scene.next(taken, { tombstone: false })
    assert.deepEqual(await scene.conflicts([again]), [[0, 'exists']])
  },

  async 'an entry keeps its place and kind'(scene) {
    const [file, folder] = [scene.file(), scene.folder()]
    await scene.committed([file, folder])
    const elsewhere = scene.next(file, { parent: folder.entry })
    const renamed = scene.next(file, { tag: scene.bytes(32) })
    const asFolder = scene.next(file, { kind: 'folder' })
    const operations = [elsewhere, renamed, asFolder]
    const expected = operations.map((_, at) => [at, 'entry-exists'])
    assert.deepEqual(await scene.conflicts(operations), expected)
    await scene.committed([scene.next(file, { kind: 'link' })])
  },

  async 'nothing is put where a folder above is deleted'(scene) {
    const outer = scene.folder()
    const inner = scene.folder({ parent: outer.entry })
    const file = scene.file({ parent: inner.entry })
    await scene.committed([outer, inner, file])
    const { entry: parent } = inner
    await scene.committed([scene.file({ parent })])
    await scene.committed([scene.tombstone(outer)])
    const late = [scene.file({ parent }), scene.next(file), scene.tombstone(file)]
    assert.deepEqual(
      await scene.conflicts(late),
      late.map((_, at) => [at, 'parent-gone']),
    )
    const orphan = scene.file({ parent: scene.id() })
    assert.deepEqual(await scene.conflicts([orphan]), [[0, 'parent-gone']])
    const top = scene.file()
    await scene.committed([top])
    const below = scene.file({ parent: top.entry })
    assert.deepEqual(await scene.conflicts([below]), [[0, 'parent-gone']])
  },

  async 'operations of one commit see one another, in order'(scene) {
    const folder = scene.folder()
    const inner = scene.folder({ parent: folder.entry })
    const file = scene.file({ parent: inner.entry })
    assert.deepEqual(await scene.conflicts([file, inner, folder]), [
      [0, 'parent-gone'],
      [1, 'parent-gone'],
    ])
    const second = scene.next(file)
    const gone = scene.tombstone(second)
    await scene.committed([folder, inner, file, second, gone])
    assert.deepEqual(await scene.conflicts([scene.next(second)]), [[0, 'changed']])
    await scene.committed([scene.next(gone, { tombstone: false }), scene.tombstone(folder)])
    const feed = await scene.catalogue.feed({
      vault: scene.vault,
      after: 0,
      commitsMax: 10,
      bytesMax: 1 << 20,
    })
    assert.deepEqual(feed.commits[0]?.operations[4], gone.bytes)
  },

  async 'a commit with one conflict does nothing'(scene) {
    const chunk = scene.chunk()
    const upload = scene.id()
    const good = scene.file({ chunks: [chunk.id] })
    const bad = scene.file({ parent: scene.id() })
    const packs = [scene.pack([chunk])]
    const answer = await scene.commit([good, bad, scene.file()], { upload, packs })
    assert.deepEqual(answer, { kind: 'conflict', conflicts: [{ at: 1, why: 'parent-gone' }] })
    assert.deepEqual(await scene.known([chunk.id]), [0])
    assert.deepEqual((await scene.lookup([good.version])).pages, [])
    await scene.look()
    assert.equal(scene.seen.n, 0)
    await scene.committed([good], { upload, packs })
  },

  async 'folders may be deep, within the limit'(scene) {
    const folders: OperationRow[] = []
    let parent = scene.vault
    for (let depth = 0; depth < limits.folderDepthMax - 1; depth += 1) {
      const folder = scene.folder({ parent })
      folders.push(folder)
      parent = folder.entry
    }
    await scene.committed(folders)
    await scene.committed([scene.file({ parent })])
    const deepest = scene.folder({ parent })
    await scene.committed([deepest])
    await assert.rejects(scene.commit([scene.file({ parent: deepest.entry })]), {
      code: 'OVER_LIMIT',
    })
    await scene.committed([scene.tombstone(folders[0]!)])
    assert.deepEqual(await scene.conflicts([scene.file({ parent })]), [[0, 'parent-gone']])
  },

  async 'vaults do not see one another'(scene) {
    const { catalogue, account } = scene
    const other = scene.newVault(account)
    await catalogue.createVault(other)
    const { vault } = other
    const h = (await catalogue.vault({ vault, account }))!.h
    const seen = { n: 0, h }
    const file = scene.file()
    await scene.committed([file])
    const there = scene.file({ parent: vault, entry: file.entry, version: file.version })
    assert.equal((await scene.commit([there], { vault, seen })).kind, 'committed')
    const across = scene.file({ parent: scene.vault })
    assert.deepEqual(await scene.commit([across], { vault, seen }), {
      kind: 'conflict',
      conflicts: [{ at: 0, why: 'parent-gone' }],
    })
  },
}
