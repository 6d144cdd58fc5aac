import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { NewChunk } from '../../../catalogue/rows/packs.ts'
import { ids } from './chunk-ids.ts'
import type { Scene } from './scene.ts'
import type { Check } from './suite.ts'

const always = Number.MAX_SAFE_INTEGER
const most = 10_000

async function expire(scene: Scene): Promise<number> {
  scene.opened.advance(limits.uploadLeaseMs + 1)
  return scene.catalogue.expireUploads(most)
}

/** Marks, then empties all that was marked. */
async function collect({ catalogue }: Scene): Promise<{ chunks: number; packs: number }> {
  await catalogue.markTrash(most)
  return catalogue.emptyTrash({ beforeMs: always, most })
}

export const collectionChecks: Record<string, Check> = {
  async 'an open upload holds what it registered'(scene) {
    const { catalogue } = scene
    const pack = scene.pack([scene.chunk(), scene.chunk()])
    await scene.registered([pack])
    assert.equal(await catalogue.expireUploads(most), 0)
    assert.deepEqual(await collect(scene), { chunks: 0, packs: 0 })
    assert.equal(await expire(scene), 1)
    assert.equal(await catalogue.expireUploads(most), 0)
    assert.deepEqual(await catalogue.markTrash(most), { marked: 2 })
    assert.deepEqual(await catalogue.markTrash(most), { marked: 0 })
    assert.deepEqual(await catalogue.emptyTrash({ beforeMs: 0, most }), { chunks: 0, packs: 0 })
    assert.deepEqual(await scene.known(ids(pack.chunks)), [1, 1])
    assert.deepEqual(await collect(scene), { chunks: 2, packs: 1 })
    assert.deepEqual(await scene.known(ids(pack.chunks)), [0, 0])
    assert.equal((await catalogue.account(scene.account))?.usedBytes, 0)
    const upload = await scene.upload()
    const { vault } = scene
    const answer = await catalogue.registerPacks({ upload, vault, packs: [pack] })
    assert.deepEqual(answer, { kind: 'dead', packs: [pack.pack] })
  },

  async 'what a version refers to is never trash'(scene) {
    const [used, loose] = [scene.chunk(), scene.chunk()]
    const upload = await scene.registered([scene.pack([used, loose])])
    const file = scene.file({ chunks: [used.id] })
    await scene.committed([file], { upload })
    await scene.catalogue.closeUpload(upload)
    assert.deepEqual(await collect(scene), { chunks: 1, packs: 0 })
    assert.deepEqual(await scene.known(ids([used, loose])), [1, 0])
    assert.equal((await scene.lookup([file.version])).pages.length, 1)
  },

  async 'a discarded upload is collected at once, but for what is referred to'(scene) {
    const { catalogue } = scene
    const [used, loose] = [scene.chunk(), scene.chunk()]
    const upload = await scene.registered([scene.pack([used, loose])])
    await scene.committed([scene.file({ chunks: [used.id] })], { upload })
    await catalogue.closeUpload(upload, { discard: true })
    await catalogue.markTrash(most)
    await catalogue.emptyTrash({ beforeMs: 1, most })
    assert.deepEqual(await scene.known(ids([used, loose])), [1, 0])
  },

  async 'a commit takes chunks out of the trash'(scene) {
    const chunk = scene.chunk()
    const upload = await scene.registered([scene.pack([chunk])])
    await scene.catalogue.closeUpload(upload)
    assert.deepEqual(await scene.catalogue.markTrash(most), { marked: 1 })
    const file = scene.file({ chunks: [chunk.id] })
    await scene.committed([file])
    assert.deepEqual(await collect(scene), { chunks: 0, packs: 0 })
    assert.equal((await scene.lookup([file.version])).pages.length, 1)
  },

  async 'a chunk in the trash that is registered again is held again'(scene) {
    const chunk = scene.chunk()
    const first = scene.pack([chunk])
    await scene.catalogue.closeUpload(await scene.registered([first]))
    await scene.catalogue.markTrash(most)
    const again = scene.pack([chunk])
    await scene.registered([again])
    assert.deepEqual(await collect(scene), { chunks: 0, packs: 1 })
    assert.deepEqual(await scene.catalogue.packPlaces([first.pack]), [])
    assert.deepEqual(await scene.known([chunk.id]), [1])
    assert.equal((await scene.catalogue.account(scene.account))?.usedBytes, 1000)
  },

  async 'a pack that no chunk needs dies'(scene) {
    const chunk = scene.chunk()
    const [first, second] = [scene.pack([chunk]), scene.pack([chunk])]
    const upload = await scene.registered([first])
    await scene.committed([scene.file({ chunks: [chunk.id] })], { upload })
    await scene.catalogue.closeUpload(upload)
    await scene.catalogue.closeUpload(await scene.registered([second]))
    assert.deepEqual(await collect(scene), { chunks: 0, packs: 1 })
    assert.deepEqual(await scene.known([chunk.id]), [1])
    assert.deepEqual(await scene.catalogue.packPlaces([second.pack]), [])
  },

  async 'staged pages hold chunks until their upload ends'(scene) {
    const chunks: NewChunk[] = [scene.chunk(), scene.chunk()]
    const registering = await scene.registered([scene.pack(chunks)])
    const upload = await scene.upload()
    const { vault, catalogue } = scene
    const version = scene.id()
    const pages = scene.pages(ids(chunks))
    await catalogue.stagePages({ upload, vault, version, pages })
    await catalogue.closeUpload(registering)
    assert.deepEqual(await collect(scene), { chunks: 0, packs: 0 })
    await catalogue.closeUpload(upload)
    const file = scene.file({ version, stagedChunks: 2 })
    assert.deepEqual(await scene.commit([file]), { kind: 'upload-gone' })
    assert.deepEqual(await collect(scene), { chunks: 2, packs: 1 })
  },

  async 'shards of dead packs are deleted once'(scene) {
    const { catalogue } = scene
    const pack = scene.pack([scene.chunk()], { missing: [3] })
    await scene.catalogue.closeUpload(await scene.registered([pack]))
    await collect(scene)
    const own = scene.up(0, 1, 2, 3, 4, 5)
    const dead = await catalogue.deadShards(most, own)
    assert.deepEqual(
      dead.map(({ pack: id, index, node, recordNumber }) => [id, index, node, recordNumber]),
      pack.shards.slice(0, 3).map((each) => [each.pack, each.index, each.node, each.recordNumber]),
    )
    assert.equal((await catalogue.deadShards(2, own)).length, 2)
    assert.equal((await catalogue.deadShards(most, own.slice(1, 2))).length, 1)
    await catalogue.shardsDeleted([dead[0]!, dead[0]!, { ...dead[1]!, node: own[5]! }])
    assert.deepEqual(await catalogue.deadShards(most, own), dead.slice(1))
    await catalogue.shardsDeleted(dead)
    assert.deepEqual(await catalogue.deadShards(most, own), [])
    const living = scene.pack([scene.chunk()])
    await scene.registered([living])
    await catalogue.shardsDeleted(living.shards.map((each) => ({ ...each })))
    assert.equal((await catalogue.packPlaces([living.pack]))[0]?.shards.length, 4)
  },

  async 'purge takes what was replaced or deleted before'(scene) {
    const { catalogue, opened, vault } = scene
    const [old, now] = [scene.chunk(), scene.chunk()]
    await catalogue.closeUpload(await scene.registered([scene.pack([old]), scene.pack([now])]))
    const first = scene.file({ chunks: [old.id] })
    const kept = scene.file({ chunks: [now.id] })
    await scene.committed([first, kept])
    const second = scene.next(first)
    await scene.committed([second])
    const gone = scene.tombstone(second)
    await scene.committed([gone])
    assert.equal(await catalogue.purge({ beforeMs: 0, most }), 0)
    opened.advance(1)
    assert.equal(await catalogue.purge({ beforeMs: always, most: 1 }), 1)
    assert.equal(await catalogue.purge({ beforeMs: always, most }), 2)
    assert.equal(await catalogue.purge({ beforeMs: always, most }), 0)
    const part = await catalogue.feed({ vault, after: 0, commitsMax: 9, bytesMax: 1 << 20 })
    assert.deepEqual(
      part.commits.map((each) => each.operations),
      [[undefined, kept.bytes], [undefined], [gone.bytes]],
    )
    assert.deepEqual((await scene.lookup([first.version])).pages, [])
    assert.deepEqual(await scene.conflicts([scene.next(gone)]), [[0, 'changed']])
    assert.deepEqual(await collect(scene), { chunks: 1, packs: 1 })
    assert.deepEqual(await scene.known([old.id, now.id]), [0, 1])
    await scene.committed([scene.file({ tag: first.tag })])
  },

  async 'a purged folder takes along what is below it'(scene) {
    const { catalogue, vault } = scene
    const chunk = scene.chunk()
    await catalogue.closeUpload(await scene.registered([scene.pack([chunk])]))
    const folder = scene.folder()
    const inner = scene.folder({ parent: folder.entry })
    const deep = scene.file({ parent: inner.entry, chunks: [chunk.id] })
    const others = Array.from({ length: 300 }, () => scene.file({ parent: folder.entry }))
    await scene.committed([folder, inner, deep, ...others])
    const gone = scene.tombstone(folder)
    await scene.committed([gone])
    const entries = [folder.entry, scene.id(), scene.vault]
    let rounds = 0
    while ((await catalogue.purgeEntries({ vault, entries, most: 100 })).more) rounds += 1
    assert(rounds >= 3)
    assert.deepEqual(await collect(scene), { chunks: 1, packs: 1 })
    const part = await catalogue.feed({ vault, after: 0, commitsMax: 9, bytesMax: 1 << 20 })
    const left = part.commits
      .flatMap((each) => each.operations)
      .filter((each) => each !== undefined)
    assert.deepEqual(left, [gone.bytes])
    await scene.committed([scene.folder({ tag: folder.tag })])
  },

  async 'a file that was deleted before its folder does not hold up the purge of both'(scene) {
    const { catalogue, vault } = scene
    const folder = scene.folder()
    const file = scene.file({ parent: folder.entry })
    await scene.committed([folder, file])
    await scene.committed([scene.tombstone(file)])
    await scene.committed([scene.tombstone(folder)])
    const [first, then] = [[file.entry], [folder.entry]]
    const enlisted = await catalogue.purgeEntries({ vault, entries: first, most: 0 })
    assert.deepEqual(enlisted, { more: true })
    assert.deepEqual(await catalogue.purgeEntries({ vault, entries: then, most }), { more: false })
    await scene.committed([scene.folder({ tag: folder.tag })])
  },

  async 'purging entries leaves the living alone'(scene) {
    const { catalogue, vault } = scene
    const [live, dead] = [scene.file(), scene.file()]
    await scene.committed([live, dead])
    await scene.committed([scene.tombstone(dead)])
    const entries = [live.entry, dead.entry]
    const answer = await catalogue.purgeEntries({ vault, entries, most })
    assert.deepEqual(answer, { more: false })
    await scene.committed([scene.next(live)])
    const part = await catalogue.feed({ vault, after: 0, commitsMax: 1, bytesMax: 1 << 20 })
    assert.deepEqual(part.commits[0]?.operations, [live.bytes, undefined])
  },
}
