import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import { ids, joined } from './chunk-ids.ts'
import type { Check } from './suite.ts'

export const packChecks: Record<string, Check> = {
  async 'registered chunks are known, and found again'(scene) {
    const chunks = [scene.chunk(), scene.chunk(500), scene.chunk()]
    const stranger = scene.chunk()
    const pack = scene.pack(chunks)
    await scene.registered([pack])
    assert.deepEqual(await scene.known([...ids(chunks), stranger.id]), [1, 1, 1, 0])
    assert.deepEqual(await scene.known([]), [])
    const [row] = await scene.catalogue.packPlaces([pack.pack, scene.id()])
    assert(row !== undefined)
    const { shards, ...rest } = row
    const { chunks: _chunks, shards: wanted, ...described } = pack
    assert.deepEqual(rest, { ...described, vault: scene.vault })
    assert.deepEqual(
      shards.map(({ index, node, state, recordNumber }) => ({ index, node, state, recordNumber })),
      wanted.map(({ index, node, state, recordNumber }) => ({ index, node, state, recordNumber })),
    )
    const account = await scene.catalogue.account(scene.account)
    assert.equal(account?.usedBytes, 2500)
  },

  async 'a chunk is known when enough of its shards are held'(scene) {
    const [full, three, two, one] = [0, 1, 2, 3].map(() => scene.chunk())
    await scene.registered([
      scene.pack([full!]),
      scene.pack([three!], { missing: [1] }),
      scene.pack([two!], { missing: [0, 1] }),
      scene.pack([one!], { missing: [0, 1, 2] }),
    ])
    const all = ids([full!, three!, two!, one!])
    assert.deepEqual(await scene.known(all), [1, 1, 0, 0])
    const { vault, catalogue } = scene
    const withTwo = await catalogue.knownChunks({ vault, ids: joined(all), threshold: 2 })
    assert.deepEqual([...withTwo], [1, 1, 1, 0])
    const withOne = await catalogue.knownChunks({ vault, ids: joined(all), threshold: 1 })
    assert.deepEqual([...withOne], [1, 1, 1, 0])
  },

  async 'registering again is harmless'(scene) {
    const chunks = [scene.chunk(), scene.chunk()]
    const pack = scene.pack(chunks, { missing: [3] })
    const upload = await scene.registered([pack])
    const { vault, catalogue } = scene
    await catalogue.registerPacks({ upload, vault, packs: [pack, pack] })
    const all = { ...pack, shards: scene.pack([], { pack: pack.pack }).shards }
    await catalogue.registerPacks({ upload, vault, packs: [all] })
    const [row] = await catalogue.packPlaces([pack.pack])
    assert.deepEqual(
      row?.shards.map((each) => each.state),
      ['durable', 'durable', 'durable', 'durable'],
    )
    assert.equal((await catalogue.account(scene.account))?.usedBytes, 2000)
    const other = { ...scene.pack(chunks, { pack: pack.pack }), dataRoots: scene.bytes(128) }
    await assert.rejects(catalogue.registerPacks({ upload, vault, packs: [other] }), {
      code: 'EXISTS',
    })
  },

  async 'malformed packs are refused'(scene) {
    const upload = await scene.upload()
    const { vault, catalogue } = scene
    const pack = scene.pack([scene.chunk()])
    const bad = [
      { ...pack, shards: pack.shards.slice(1) },
      { ...pack, shards: [...pack.shards.slice(1), pack.shards[1]!] },
      { ...pack, shards: pack.shards.map((shard) => ({ ...shard, node: scene.id() })) },
      { ...pack, chunks: [{ ...scene.chunk(), offset: pack.packLength }] },
    ]
    for (const each of bad) {
      await assert.rejects(catalogue.registerPacks({ upload, vault, packs: [each] }), {
        code: 'MALFORMED',
      })
    }
    assert.deepEqual(await catalogue.packPlaces([pack.pack]), [])
  },

  async 'a chunk keeps the healthier of its places'(scene) {
    const chunk = scene.chunk()
    const weak = scene.pack([chunk], { missing: [0, 1] })
    const strong = scene.pack([chunk])
    const later = scene.pack([chunk])
    await scene.registered([weak])
    await scene.registered([strong])
    await scene.registered([later, scene.pack([chunk], { missing: [2] })])
    const file = scene.file({ chunks: [chunk.id] })
    await scene.committed([file])
    const found = await scene.lookup([file.version])
    assert.deepEqual(
      found.packs.map((each) => each.pack),
      [strong.pack],
    )
    assert.equal((await scene.catalogue.account(scene.account))?.usedBytes, 1000)
  },

  async 'later receipts make shards durable'(scene) {
    const chunk = scene.chunk()
    const pack = scene.pack([chunk], { missing: [0, 3] })
    await scene.registered([pack])
    assert.deepEqual(await scene.known([chunk.id]), [0])
    const { vault, catalogue } = scene
    const receipt = { ...pack.shards[0]!, state: 'durable' as const, recordNumber: 77 }
    const ignored = [
      { ...receipt, pack: scene.id() },
      { ...receipt, generation: 2 },
      { ...receipt, index: 9 },
      { ...receipt, node: pack.shards[1]!.node },
      { ...receipt, state: 'missing' as const },
    ]
    await catalogue.addShards({ vault, shards: ignored })
    assert.deepEqual(await scene.known([chunk.id]), [0])
    await catalogue.addShards({ vault, shards: [...ignored, receipt, receipt] })
    assert.deepEqual(await scene.known([chunk.id]), [1])
    const elsewhere = { ...pack.shards[3]!, state: 'durable' as const, node: scene.up(5)[0]! }
    await catalogue.addShards({ vault, shards: [{ ...elsewhere, recordNumber: 5 }] })
    const [row] = await catalogue.packPlaces([pack.pack])
    assert.deepEqual(
      row?.shards.map((each) => [each.node, each.state]),
      [...scene.up(0, 1, 2), ...scene.up(5)].map((node) => [node, 'durable']),
    )
  },

  async 'uploads belong to one account and vault'(scene) {
    const { catalogue, vault, account } = scene
    const upload = await scene.upload()
    const eve = scene.newAccount(`eve-${scene.name}`)
    await catalogue.createAccount(eve)
    const foreign = { upload, vault: eve.home.vault, account: eve.account }
    await assert.rejects(catalogue.openUpload(foreign), { code: 'FORBIDDEN' })
    const packs = [scene.pack([scene.chunk()])]
    const gone = { kind: 'upload-gone' }
    assert.deepEqual(await catalogue.registerPacks({ ...foreign, packs }), gone)
    assert.deepEqual(await catalogue.registerPacks({ upload: scene.id(), vault, packs }), gone)
    await catalogue.closeUpload(upload)
    await catalogue.closeUpload(upload)
    assert.deepEqual(await catalogue.registerPacks({ upload, vault, packs }), gone)
    const { expiresMs } = await catalogue.openUpload({ upload, vault, account })
    scene.opened.advance(limits.uploadLeaseMs * 0.75)
    const renewed = await catalogue.openUpload({ upload, vault, account })
    assert(renewed.expiresMs > expiresMs)
  },

  async 'a commit opens its upload and registers what it brings'(scene) {
    const chunks = [scene.chunk(), scene.chunk()]
    const upload = scene.id()
    const file = scene.file({ chunks: ids(chunks) })
    const packs = [scene.pack(chunks)]
    await scene.committed([file], { upload, packs })
    const { vault } = scene
    const answer = await scene.catalogue.registerPacks({ upload, vault, packs })
    assert.deepEqual(answer, { kind: 'registered' })
  },

  async 'a commit names the chunks that are nowhere healthy'(scene) {
    const [good, weak, absent] = [scene.chunk(), scene.chunk(), scene.chunk()]
    await scene.registered([scene.pack([good]), scene.pack([weak], { missing: [1, 2] })])
    const file = scene.file({ chunks: ids([good, weak, absent, absent]) })
    const answer = await scene.commit([file])
    assert.deepEqual(answer, { kind: 'missing', chunks: joined([weak.id, absent.id]) })
    const two = scene.file({ chunks: ids([good, weak]) })
    assert.equal((await scene.commit([two])).kind, 'missing')
    await scene.committed([two], { threshold: 2 })
  },

  async 'a dead pack cannot be registered'(scene) {
    const chunk = scene.chunk()
    const [dead, good] = [scene.pack([chunk]), scene.pack([scene.chunk()])]
    await scene.registered([good])
    const { catalogue, vault } = scene
    assert.deepEqual(await catalogue.killUnknownPacks([dead.pack, good.pack]), [dead.pack])
    assert.deepEqual(await catalogue.killUnknownPacks([dead.pack, good.pack]), [dead.pack])
    const upload = await scene.upload()
    const refused = { kind: 'dead', packs: [dead.pack] }
    const packs = [scene.pack([scene.chunk()]), dead]
    assert.deepEqual(await catalogue.registerPacks({ upload, vault, packs }), refused)
    assert.deepEqual(await scene.known(ids(packs[0]!.chunks)), [0])
    const file = scene.file({ chunks: [chunk.id] })
    assert.deepEqual(await scene.commit([file], { upload, packs }), refused)
    assert.deepEqual(await catalogue.packPlaces([dead.pack]), [])
  },
}
