import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { Id } from '../../../catalogue/ids.ts'
import type { NewChunk } from '../../../catalogue/rows/packs.ts'
import type { HealthCounts } from '../../../catalogue/rows/reading.ts'
import { ids, joined } from './chunk-ids.ts'
import type { Scene } from './scene.ts'
import type { Check } from './suite.ts'

/** Registers this many small chunks, in packs of 1,000. */
async function manyChunks(
  scene: Scene,
  count: number,
): Promise<{ upload: Id; chunks: NewChunk[] }> {
  const chunks = Array.from({ length: count }, () => scene.chunk(10))
  const packs = []
  for (let at = 0; at < count; at += 1000) packs.push(scene.pack(chunks.slice(at, at + 1000)))
  return { upload: await scene.registered(packs), chunks }
}

/** The sum of the counts of small parts. */
async function inParts({ catalogue, vault }: Scene, up: readonly Id[]): Promise<HealthCounts> {
  const total = { complete: 0, degraded: 0, unknown: 0, lost: 0 }
  const bounds = [{ entriesMax: 1 }, { chunksMax: 1 }]
  let after: Id | undefined
  do {
    const part = await catalogue.vaultHealth({ vault, up, after, ...bounds[0] })
    bounds.reverse()
    for (const state of ['complete', 'degraded', 'unknown', 'lost'] as const) {
      total[state] += part[state]
    }
    after = part.next
  } while (after !== undefined)
  return total
}

export const readingChecks: Record<string, Check> = {
  async 'a look-up gives pages, chunks and places'(scene) {
    const chunks = [scene.chunk(300), scene.chunk(200), scene.chunk(100)]
    const packs = [scene.pack(chunks.slice(0, 2)), scene.pack(chunks.slice(2), { firstNode: 2 })]
    await scene.registered(packs)
    const order = [2, 0, 1, 0].map((at) => chunks[at]!)
    const file = scene.file({ chunks: ids(order) })
    const empty = scene.file()
    await scene.committed([file, empty])
    const found = await scene.lookup([empty.version, scene.id(), file.version])
    assert.deepEqual(found.more, [])
    assert.equal(found.pages.length, 1)
    const page = found.pages[0]!
    assert.equal(page.version, file.version)
    assert.equal(page.number, 0)
    assert.deepEqual(page.sealedLengths, file.pages[0]!.sealedLengths)
    assert.deepEqual(
      page.chunks.map((each) => [each.id, each.offset, each.length, each.generation]),
      order.map((each) => [each.id, each === chunks[1] ? 300 : 0, each.length, 1]),
    )
    assert.deepEqual(
      page.chunks.map((each) => found.packs[each.pack]?.pack),
      [packs[1], packs[0], packs[0], packs[0]].map((each) => each!.pack),
    )
    const wanted = await scene.catalogue.packPlaces(packs.map((each) => each.pack))
    const sorted = found.packs.toSorted((left, right) => (left.pack < right.pack ? -1 : 1))
    assert.deepEqual(sorted, wanted)
  },

  async 'long lists come page by page'(scene) {
    const { chunks } = await manyChunks(scene, 3000)
    const long = scene.file({ chunks: ids(chunks) })
    const short = scene.file({ chunks: ids(chunks.slice(0, 1)) })
    await scene.committed([long, short])
    const { vault } = scene
    const got: Uint8Array[] = []
    let from = 0
    for (let round = 0; round < 3; round += 1) {
      const part = await scene.catalogue.lookup({
        vault,
        versions: [
          { version: long.version, from },
          { version: short.version, from: 0 },
        ],
        pagesMax: 1,
        chunksMax: 100,
      })
      assert.deepEqual(
        part.pages.map((page) => [page.version, page.number]),
        [[long.version, round]],
      )
      got.push(...part.pages[0]!.chunks.map((each) => each.id))
      from += 1
      const rest = { version: short.version, from: 0 }
      const more = round < 2 ? [{ version: long.version, from }, rest] : [rest]
      assert.deepEqual(part.more, more)
    }
    assert.deepEqual(got, ids(chunks))
    const whole = await scene.lookup([long.version, short.version])
    assert.deepEqual(
      whole.pages.map((page) => page.number),
      [0, 1, 2, 0],
    )
    const few = await scene.catalogue.lookup({
      vault,
      versions: [{ version: long.version, from: 0 }],
      pagesMax: 512,
      chunksMax: 1025,
    })
    assert.equal(few.pages.length, 2)
    assert.deepEqual(few.more, [{ version: long.version, from: 2 }])
  },

  async 'staged pages become visible with their commit'(scene) {
    const { upload, chunks } = await manyChunks(scene, 2500)
    const { vault, catalogue } = scene
    const version = scene.id()
    const pages = scene.pages(ids(chunks))
    const file = scene.file({ version, stagedChunks: chunks.length })
    assert.deepEqual(await scene.commit([file], { upload }), { kind: 'upload-gone' })
    const stage = (at: number) =>
      catalogue.stagePages({ upload, vault, version, pages: pages.slice(at, at + 1) })
    for (const at of [0, 2, 2]) assert.deepEqual(await stage(at), { kind: 'staged' })
    assert.deepEqual((await scene.lookup([version])).pages, [])
    await assert.rejects(scene.commit([file], { upload }), { code: 'MALFORMED' })
    await stage(1)
    await scene.committed([file], { upload })
    const found = await scene.lookup([version])
    assert.deepEqual(
      found.pages.flatMap((page) => page.chunks.map((each) => each.id)),
      ids(chunks),
    )
    assert.deepEqual(await stage(1), { kind: 'staged' })
    await catalogue.closeUpload(upload)
    await catalogue.expireUploads(10)
    assert.equal((await scene.lookup([version])).pages.length, 3)
  },

  async 'staging names missing chunks, and needs its upload'(scene) {
    const { upload, chunks } = await manyChunks(scene, 2)
    const { vault, catalogue } = scene
    const version = scene.id()
    const absent = scene.chunk()
    const pages = scene.pages([...ids(chunks), absent.id])
    const missing = { kind: 'missing', chunks: joined([absent.id]) }
    assert.deepEqual(await catalogue.stagePages({ upload, vault, version, pages }), missing)
    const gone = await catalogue.stagePages({ upload: scene.id(), vault, version, pages })
    assert.deepEqual(gone, { kind: 'upload-gone' })
    const ids1025 = new Uint8Array(32 * (limits.pageChunksMax + 1))
    const large = [{ number: 0, ids: ids1025, sealedLengths: new Uint8Array(1) }]
    await assert.rejects(catalogue.stagePages({ upload, vault, version, pages: large }), {
      code: 'MALFORMED',
    })
  },

  async 'health is told apart'(scene) {
    const [a, b, c] = [scene.chunk(), scene.chunk(), scene.chunk()]
    await scene.registered([
      scene.pack([a]),
      scene.pack([b], { missing: [3] }),
      scene.pack([c], { missing: [2, 3] }),
    ])
    const files = [[a], [b], [c], [a, b, c], []].map((each) => scene.file({ chunks: ids(each) }))
    await scene.committed(files, { threshold: 2 })
    const { vault, catalogue } = scene
    const versions = files.map((file) => file.version)
    const health = async (...up: number[]) => {
      const answer = await catalogue.health({ vault, versions, up: scene.up(...up) })
      return versions.map((version) => answer.get(version)).join(' ')
    }
    assert.equal(await health(0, 1, 2, 3), 'complete degraded degraded degraded complete')
    assert.equal(await health(0, 1, 2), 'degraded degraded degraded degraded complete')
    assert.equal(await health(0, 2), 'degraded degraded unknown unknown complete')
    assert.equal(await health(), 'unknown unknown unknown unknown complete')
    const [pack] = (await scene.lookup([versions[2]!])).packs
    const { node } = pack!.shards[0]!
    const lost = { pack: pack!.pack, index: 0, generation: 1 }
    const change = { from: { node, state: 'durable' }, to: { node, state: 'lost' } } as const
    assert.equal(await catalogue.setShard({ ...lost, ...change }), true)
    assert.equal(await health(0, 1, 2, 3), 'complete degraded lost lost complete')
    const unknown = await catalogue.health({ vault, versions: [scene.id()], up: [] })
    assert.equal(unknown.size, 0)
    const counts = await catalogue.vaultHealth({ vault, up: scene.up(0, 1, 2, 3) })
    assert.deepEqual(await inParts(scene, scene.up(0, 1, 2, 3)), counts)
    assert.deepEqual(counts, { complete: 2, degraded: 1, unknown: 0, lost: 2 })
  },

  async 'the health of a vault counts files that can be seen'(scene) {
    const chunk = scene.chunk()
    await scene.registered([scene.pack([chunk])])
    const folder = scene.folder()
    const inner = scene.folder({ parent: folder.entry })
    const { vault, catalogue } = scene
    const file = scene.file({ chunks: [chunk.id] })
    const link = scene.file({ kind: 'link' })
    const hidden = [folder.entry, inner.entry].map((parent) => scene.file({ parent }))
    await scene.committed([folder, inner, file, link, ...hidden])
    const up = scene.up(0, 1, 2)
    const count = () => catalogue.vaultHealth({ vault, up })
    const none = { unknown: 0, lost: 0 }
    assert.deepEqual(await count(), { complete: 3, degraded: 1, ...none })
    await scene.committed([scene.tombstone(folder)])
    assert.deepEqual(await count(), { complete: 1, degraded: 1, ...none })
    await scene.committed([scene.tombstone(file)])
    assert.deepEqual(await count(), { complete: 1, degraded: 0, ...none })
  },
}
