import assert from 'node:assert/strict'
import type { HeldShard, NewPack, ShardKey } from '../../../catalogue/rows/packs.ts'
import type { Id } from '../../../catalogue/ids.ts'
import { storeId, type Scene } from './scene.ts'
import type { Check } from './suite.ts'

function held(scene: Scene, pack: NewPack, index: number): HeldShard {
  return {
    pack: pack.pack,
    index,
    generation: 1,
    vault: scene.vault,
    recordNumber: pack.shards[index]!.recordNumber ?? 1,
    ageMs: 10,
    root: scene.bytes(32),
  }
}

async function states(scene: Scene, pack: Id): Promise<string> {
  const [row] = await scene.catalogue.packPlaces([pack])
  return row!.shards.map((each) => each.state).join(' ')
}

export const healingChecks: Record<string, Check> = {
  async 'packs to heal are those with shards that are not there'(scene) {
    const { catalogue, vault } = scene
    const packs = [[0], [], [2, 3], [1]].map((missing) => scene.pack([scene.chunk()], { missing }))
    await scene.registered(packs)
    const all = packs
      .filter((_, at) => at !== 1)
      .map((each) => each.pack)
      .toSorted()
    const found: Id[] = []
    let cursor: Id | undefined
    for (;;) {
      const part = await catalogue.packsToHeal({ cursor, packsMax: 2 })
      if (part.length === 0) break
      found.push(...part.filter((each) => each.vault === vault).map((each) => each.pack))
      cursor = part.at(-1)!.pack
    }
    assert.deepEqual(found, all)
  },

  async 'a shard is moved by whoever knows its place'(scene) {
    const { catalogue } = scene
    const pack = scene.pack([scene.chunk()], { missing: [1] })
    await scene.registered([pack])
    const [from, to] = scene.up(1, 4)
    const change = {
      pack: pack.pack,
      index: 1,
      generation: 1,
      from: { node: from!, state: 'missing' },
      to: { node: to!, state: 'durable', recordNumber: 9 },
    } as const
    const wrong = [
      { ...change, pack: scene.id() },
      { ...change, index: 7 },
      { ...change, generation: 2 },
      { ...change, from: { ...change.from, node: to! } },
      { ...change, from: { ...change.from, state: 'lost' } },
      { ...change, to: { ...change.to, node: scene.id() } },
    ] as const
    for (const each of wrong) assert.equal(await catalogue.setShard(each), false)
    assert.equal(await catalogue.setShard(change), true)
    assert.equal(await catalogue.setShard(change), false)
    const [row] = await catalogue.packPlaces([pack.pack])
    const { sinceMs: _since, ...shard } = row!.shards[1]!
    assert.deepEqual(shard, { index: 1, node: to, state: 'durable', recordNumber: 9 })
    const heal = await catalogue.packsToHeal({ cursor: undefined, packsMax: 1000 })
    assert(!heal.some((each) => each.pack === pack.pack))
  },

  async 'a changed store makes what it held unknown'(scene) {
    const { catalogue, vault } = scene
    const pack = scene.pack([scene.chunk()])
    await scene.registered([pack])
    const [node] = scene.up(0)
    const seen = (lastRecord: number, store = storeId) =>
      catalogue.nodeSeen({ node: node!, storeId: store, lastRecord })
    assert.deepEqual(await seen(10), { store: 'same' })
    assert.deepEqual(await seen(30), { store: 'same' })
    assert.equal(await states(scene, pack.pack), 'durable durable durable durable')
    assert.deepEqual(await seen(29), { store: 'older' })
    assert.equal(await states(scene, pack.pack), 'unknown durable durable durable')
    assert.deepEqual(await seen(29), { store: 'same' })
    assert.deepEqual(await scene.known(pack.chunks.map((each) => each.id)), [1])
    const later = scene.pack([scene.chunk()])
    const now = { storeId, givenMs: Number.MAX_SAFE_INTEGER }
    const before = { storeId, givenMs: 1 }
    const receipts = later.shards.map((each) => ({ ...each, receipt: now }))
    await scene.registered([{ ...later, shards: receipts }])
    assert.equal(await states(scene, later.pack), 'durable durable durable durable')
    const forgotten = scene.pack([scene.chunk()], { missing: [3] })
    const image = forgotten.shards.map((each) => ({ ...each, receipt: before }))
    await scene.registered([{ ...forgotten, shards: image }])
    assert.equal(await states(scene, forgotten.pack), 'missing durable durable missing')
    assert.deepEqual(await scene.known(forgotten.chunks.map((each) => each.id)), [0])
    assert.deepEqual(await seen(40, 'cd'.repeat(16)), { store: 'new' })
    assert.equal(await states(scene, later.pack), 'unknown durable durable durable')
    const late = scene.pack([scene.chunk()])
    const old = late.shards.map((each) => ({ ...each, receipt: now }))
    await scene.registered([{ ...late, shards: old }])
    assert.equal(await states(scene, late.pack), 'missing durable durable durable')
    const rebuilt = {
      pack: late.pack,
      index: 0,
      generation: 1,
      from: { node: node!, state: 'missing' },
      to: { node: node!, state: 'durable', recordNumber: 9, receipt: now },
    } as const
    assert.equal(await catalogue.setShard(rebuilt), false)
    const receipt = { ...pack.shards[0]!, recordNumber: 41, state: 'durable' as const }
    await catalogue.addShards({ vault, shards: [{ ...receipt, receipt: now }] })
    assert.equal(await states(scene, pack.pack), 'unknown durable durable durable')
    await catalogue.addShards({ vault, shards: [receipt] })
    assert.equal(await states(scene, pack.pack), 'durable durable durable durable')
    const row = (await catalogue.nodes()).find((each) => each.node === node)
    assert.equal(row?.storeId, 'cd'.repeat(16))
    assert.equal(row?.lastRecord, 40)
    await assert.rejects(catalogue.nodeSeen({ node: scene.id(), storeId, lastRecord: 1 }), {
      code: 'NOT_FOUND',
    })
  },

  async 'a node that worked with another catalogue is in quarantine'(scene) {
    const { catalogue } = scene
    const [first, second, third] = scene.up(0, 4, 5)
    const next = scene.id()
    const seen = (node: Id, lastRecord: number, said?: Id) =>
      catalogue.nodeSeen({ node, storeId, lastRecord, marks: { said, next } })
    const quarantine = async (node: Id) =>
      (await catalogue.nodes()).find((each) => each.node === node)?.quarantine
    assert.deepEqual(await seen(first!, 0), { store: 'same' })
    assert.deepEqual(await seen(first!, 5, next), { store: 'same' })
    assert.equal(await quarantine(first!), undefined)
    const { quarantined: id } = await seen(first!, 6, scene.id())
    assert.equal(id, next.slice(0, 12))
    assert.deepEqual(await quarantine(first!), { id, upTo: 6 })
    assert.deepEqual(await seen(first!, 9, next), { store: 'same' })
    assert.deepEqual(await quarantine(first!), { id, upTo: 6 })
    assert.equal((await seen(second!, 7)).quarantined, id)
    assert.deepEqual(await seen(third!, 1, next), { store: 'same', quarantined: id })
    assert.deepEqual(await catalogue.endQuarantine('ab'), [])
    const ended = await catalogue.endQuarantine(id)
    assert.deepEqual(ended.toSorted(), [first!, second!, third!].toSorted())
    assert.equal(await quarantine(first!), undefined)
  },

  async 'a census makes rows say what is there'(scene) {
    const { catalogue } = scene
    const packs = [0, 1, 2, 3, 4].map((at) =>
      scene.pack([scene.chunk()], { missing: at === 2 ? [0] : [] }),
    )
    packs.sort((left, right) => (left.pack < right.pack ? -1 : 1))
    await scene.registered(packs)
    const [node, lastNode] = scene.up(0, 5)
    const [a, b, c, d] = packs
    const foreign = { ...held(scene, a!, 2), recordNumber: 5 }
    const unknown = { ...held(scene, a!, 0), pack: scene.id() }
    await catalogue.nodeSeen({ node: node!, storeId, lastRecord: 1 })
    await catalogue.nodeSeen({ node: node!, storeId: scene.id(), lastRecord: 1 })
    const listed = [held(scene, a!, 0), held(scene, c!, 0), held(scene, d!, 0), foreign, unknown]
    const answer = await catalogue.census({
      node: node!,
      after: undefined,
      upTo: undefined,
      held: listed,
    })
    assert.equal(answer.missing, 2)
    assert.deepEqual(
      answer.strangers.toSorted((left, right) => left.index - right.index),
      [
        { ...unknown, packKnown: false },
        { ...foreign, packKnown: true },
      ],
    )
    const found = []
    for (const each of packs) found.push((await states(scene, each.pack)).split(' ')[0])
    assert.deepEqual(found, ['durable', 'missing', 'durable', 'durable', 'missing'])
    const none = await catalogue.census({
      node: lastNode!,
      after: undefined,
      upTo: undefined,
      held: [],
    })
    assert.deepEqual(none, { strangers: [], missing: 0 })
    assert(b !== undefined)
  },

  async 'a shard that its node calls damaged is missing, and no stranger'(scene) {
    const { catalogue } = scene
    const pack = scene.pack([scene.chunk()])
    await scene.registered([pack])
    const [node] = scene.up(0)
    const at = { pack: pack.pack, index: 0, generation: 1 }
    const range = { node: node!, after: { ...at, generation: 0 }, upTo: at }
    const damaged = { ...held(scene, pack, 0), root: new Uint8Array(32) }
    const answer = await catalogue.census({ ...range, held: [damaged] })
    assert.deepEqual(answer, { strangers: [], missing: 1 })
    assert.equal(await states(scene, pack.pack), 'missing durable durable durable')
  },

  async 'a census touches its range only, and nothing that is newer'(scene) {
    const { catalogue, opened } = scene
    const packs = Array.from({ length: 6 }, () => scene.pack([scene.chunk()]))
    packs.sort((left, right) => (left.pack < right.pack ? -1 : 1))
    await scene.registered(packs)
    const [row] = await catalogue.packPlaces([packs[0]!.pack])
    const { sinceMs } = row!.shards[0]!
    const [node] = scene.up(0)
    const key = (at: number): ShardKey => ({ pack: packs[at]!.pack, index: 0, generation: 1 })
    const range = { node: node!, after: key(0), upTo: key(3) }
    const answer = await catalogue.census({ ...range, held: [], askedMs: sinceMs })
    assert.deepEqual(answer, { strangers: [], missing: 0 })
    opened.advance(1000)
    const held1 = [held(scene, packs[2]!, 0), held(scene, packs[5]!, 0)]
    const judged = await catalogue.census({ ...range, held: held1, askedMs: sinceMs + 1000 })
    assert.deepEqual(judged, { strangers: [], missing: 2 })
    const found = []
    for (const each of packs) found.push((await states(scene, each.pack)).split(' ')[0])
    assert.deepEqual(found, ['durable', 'missing', 'durable', 'missing', 'durable', 'durable'])
  },
}
