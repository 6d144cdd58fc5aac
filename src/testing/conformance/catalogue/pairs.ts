/** Calls issued at once that must conflict, or come one after the other: either order is right, no other. */
import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { CommitAnswer } from '../../../catalogue/rows/commits.ts'
import { ids } from './chunk-ids.ts'
import type { Scene } from './scene.ts'
import type { Check } from './suite.ts'

const always = Number.MAX_SAFE_INTEGER

function kinds(answers: readonly { readonly kind: string }[]): string[] {
  return answers.map((answer) => answer.kind).toSorted()
}

function why(answer: CommitAnswer | undefined): string | undefined {
  return answer?.kind === 'conflict' ? answer.conflicts[0]?.why : undefined
}

/** Both commits at once: one goes through, the other fails for `expected`. */
async function oneWins(
  commits: readonly [Promise<CommitAnswer>, Promise<CommitAnswer>],
  expected: string,
): Promise<void> {
  const answers = await Promise.all(commits)
  assert.deepEqual(kinds(answers), ['committed', 'conflict'])
  assert.equal(why(answers.find((answer) => answer.kind === 'conflict')), expected)
}

async function trashed(scene: Scene): Promise<{ chunk: ReturnType<Scene['chunk']> }> {
  const chunk = scene.chunk()
  const upload = await scene.registered([scene.pack([chunk])])
  await scene.catalogue.closeUpload(upload)
  assert.deepEqual(await scene.catalogue.markTrash(100), { marked: 1 })
  return { chunk }
}

export const pairChecks: Record<string, Check> = {
  async 'two commits on one head'(scene) {
    const file = scene.file()
    await scene.committed([file])
    const commits = [
      scene.commit([scene.next(file)]),
      scene.commit([scene.tombstone(file)]),
    ] as const
    await oneWins([...commits], 'changed')
  },

  async 'a put into a folder that is being deleted'(scene) {
    const folder = scene.folder()
    await scene.committed([folder])
    const put = scene.commit([scene.file({ parent: folder.entry })])
    const remove = scene.commit([scene.tombstone(folder)])
    const [answer, removed] = await Promise.all([put, remove])
    assert.equal(removed.kind, 'committed')
    if (answer.kind !== 'committed') assert.equal(why(answer), 'parent-gone')
    const late = await scene.commit([scene.file({ parent: folder.entry })])
    assert.equal(why(late), 'parent-gone')
  },

  async 'the same new name twice'(scene) {
    const tag = scene.bytes(32)
    await oneWins(
      [scene.commit([scene.file({ tag })]), scene.commit([scene.file({ tag })])],
      'exists',
    )
  },

  async 'a file and a folder of one new name'(scene) {
    const tag = scene.bytes(32)
    await oneWins(
      [scene.commit([scene.file({ tag })]), scene.commit([scene.folder({ tag })])],
      'exists',
    )
  },

  async 'two revivals of one file'(scene) {
    const file = scene.file()
    const gone = scene.tombstone(file)
    await scene.committed([file])
    await scene.committed([gone])
    const revive = () => scene.commit([scene.next(gone, { tombstone: false })])
    await oneWins([revive(), revive()], 'changed')
  },

  async 'the same commit twice'(scene) {
    const request = scene.request([scene.file()])
    const twice = [scene.catalogue.commit(request), scene.catalogue.commit(request)]
    const [first, second] = await Promise.all(twice)
    assert.equal(first!.kind, 'committed')
    assert.deepEqual(first, second)
  },

  async 'many commits take consecutive numbers'(scene) {
    const commits = Array.from({ length: 100 }, () => scene.commit([scene.file()]))
    const answers = await Promise.all(commits)
    const numbers = answers.map((answer) => (answer.kind === 'committed' ? answer.n : 0))
    assert.deepEqual(
      numbers.toSorted((left, right) => left - right),
      Array.from({ length: 100 }, (_, at) => at + 1),
    )
  },

  async 'a registration and the death of its pack'(scene) {
    const { catalogue, vault } = scene
    const upload = await scene.upload()
    for (let round = 0; round < 8; round += 1) {
      const pack = scene.pack([scene.chunk()])
      const kill = () => catalogue.killUnknownPacks([pack.pack])
      const register = () => catalogue.registerPacks({ upload, vault, packs: [pack] })
      const calls =
        round % 2 === 0 ? ([register(), kill()] as const) : ([kill(), register()] as const)
      const answers = await Promise.all(calls)
      const [registered, killed] = (round % 2 === 0 ? answers : answers.toReversed()) as [
        { kind: string },
        string[],
      ]
      const alive = (await catalogue.packPlaces([pack.pack])).length === 1
      assert.equal(registered.kind, alive ? 'registered' : 'dead')
      assert.deepEqual(killed, alive ? [] : [pack.pack])
    }
  },

  async 'a commit and the emptying of its chunk'(scene) {
    for (let round = 0; round < 8; round += 1) {
      const { chunk } = await trashed(scene)
      const file = scene.file({ chunks: [chunk.id] })
      const commit = () => scene.commit([file])
      const empty = () => scene.catalogue.emptyTrash({ beforeMs: always, most: 100 })
      const [first, second] = round % 2 === 0 ? [commit, empty] : [empty, commit]
      const answers = await Promise.all([first(), second()])
      const answer = answers.find((each) => 'kind' in each)!
      const emptied = answers.find((each) => 'chunks' in each && 'packs' in each)!
      const committed = answer.kind === 'committed'
      assert.equal(answer.kind, committed ? 'committed' : 'missing')
      assert.deepEqual(emptied, committed ? { chunks: 0, packs: 0 } : { chunks: 1, packs: 1 })
      assert.equal((await scene.lookup([file.version])).pages.length, committed ? 1 : 0)
    }
  },

  async 'a commit and the expiry of its upload'(scene) {
    const { catalogue, opened } = scene
    for (let round = 0; round < 6; round += 1) {
      const chunk = scene.chunk()
      const upload = await scene.registered([scene.pack([chunk])])
      opened.advance(limits.uploadLeaseMs + 1)
      const file = scene.file({ chunks: [chunk.id] })
      const commit = () => scene.commit([file], { upload })
      const expire = async () => {
        await catalogue.expireUploads(100)
        await catalogue.markTrash(100)
      }
      const [first, second] = round % 2 === 0 ? [commit, expire] : [expire, commit]
      const answers = await Promise.all([first(), second()])
      assert.equal(answers.find((answer) => answer !== undefined)?.kind, 'committed')
      await scene.clear()
      assert.equal((await scene.lookup([file.version])).pages[0]?.chunks.length, 1)
    }
  },

  async 'a purge and a look-up'(scene) {
    const { catalogue } = scene
    const chunks = [scene.chunk(), scene.chunk()]
    await scene.registered([scene.pack(chunks)])
    const file = scene.file({ chunks: ids(chunks) })
    const next = scene.next(file)
    await scene.committed([file])
    await scene.committed([next])
    const [purged, found] = await Promise.all([
      catalogue.purge({ beforeMs: always, most: 10 }),
      scene.lookup([file.version]),
      catalogue.markTrash(10),
    ])
    assert.equal(purged, 1)
    if (found.pages.length > 0) assert.equal(found.pages[0]?.chunks.length, 2)
    assert.deepEqual((await scene.lookup([file.version])).pages, [])
  },

  async 'a late receipt and a healed shard'(scene) {
    const { catalogue, vault } = scene
    const pack = scene.pack([scene.chunk()], { missing: [1] })
    await scene.registered([pack])
    const [here, there] = scene.up(1, 4)
    const receipt = { ...pack.shards[1]!, state: 'durable' as const, recordNumber: 3 }
    const [, healed] = await Promise.all([
      catalogue.addShards({ vault, shards: [receipt] }),
      catalogue.setShard({
        pack: pack.pack,
        index: 1,
        generation: 1,
        from: { node: here!, state: 'missing' },
        to: { node: there!, state: 'durable', recordNumber: 4 },
      }),
    ])
    const [row] = await catalogue.packPlaces([pack.pack])
    const shard = row!.shards[1]!
    assert.deepEqual(
      [shard.node, shard.state, shard.recordNumber],
      healed ? [there, 'durable', 4] : [here, 'durable', 3],
    )
  },

  async 'two healers of one shard'(scene) {
    const pack = scene.pack([scene.chunk()], { missing: [1] })
    await scene.registered([pack])
    const [from, first, second] = scene.up(1, 4, 5)
    const heal = (node: string) =>
      scene.catalogue.setShard({
        pack: pack.pack,
        index: 1,
        generation: 1,
        from: { node: from!, state: 'missing' },
        to: { node, state: 'durable', recordNumber: 1 },
      })
    const answers = await Promise.all([heal(first!), heal(second!)])
    assert.deepEqual(answers.toSorted(), [false, true])
  },

  async 'a read sees what was acknowledged before it began'(scene) {
    const { vault } = scene
    const noise = Array.from({ length: 20 }, () => scene.commit([scene.file()]))
    for (let round = 0; round < 20; round += 1) {
      const { n } = await scene.committed([scene.file()], { seen: scene.seen })
      const part = await scene.catalogue.feed({ vault, after: n - 1, commitsMax: 1, bytesMax: 1 })
      assert.equal(part.commits[0]?.n, n)
    }
    await Promise.all(noise)
  },

  async 'a call that throws takes back only itself'(scene) {
    const calls = [
      scene.commit([scene.file()]),
      scene.commit([]),
      scene.commit([scene.file()], { vault: scene.id() }),
      scene.commit([scene.file()]),
    ]
    const settled = await Promise.allSettled(calls)
    assert.deepEqual(
      settled.map((each) => each.status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    await scene.look()
    assert.equal(scene.seen.n, 2)
  },
}
