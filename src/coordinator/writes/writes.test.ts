import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, toHex } from '../../base/bytes.ts'
import { hasCode, type ErrorCode } from '../../base/errors.ts'
import { CoordinatorWorld } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../../testing/coordinator/test-writer.ts'
import type { ControlName, ControlRequest } from '../../wire/control.ts'

const refusedWith = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function start() {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const newId = (): string => toHex(world.random.bytes(16))
  const ask = <Name extends ControlName>(name: Name, request: ControlRequest<Name>) =>
    world.run(ada.client.call(name, request))
  return { world, ada, newId, ask }
}

await test('a small file takes one request, is in the feed and can be looked up', async () => {
  const { world, ada, ask } = await start()
  const { operation, pack, request } = await world.run(putFile(ada))
  const feed = await ask('feed', { vault: ada.home, after: 0 })
  assert.equal(feed.n, 1)
  assert.deepEqual(feed.commits[0]?.operations, [request.operations[0]?.bytes])
  assert.deepEqual(feed.commits[0]?.statement, request.statement)
  const version = toHex(operation.version)
  const versions = [{ version, from: 0 }]
  const { pages, packs, more } = await ask('lookup', { vault: ada.home, versions })
  assert.deepEqual(pages[0]?.ids, pack.ids)
  assert.deepEqual(pages[0]?.places[0], [0, 0, 5000, 1])
  assert.equal(packs[0]?.pack, pack.message.pack)
  assert.deepEqual(
    packs[0].shards.map(({ state }) => state),
    Array(4).fill('durable'),
  )
  assert.deepEqual(more, [])
  assert.deepEqual(await ask('health', { vault: ada.home, versions: [version, ada.home] }), {
    health: ['complete', null],
  })
  const whole = { complete: 1, degraded: 0, unknown: 0, lost: 0 }
  assert.deepEqual(await ask('vault/health', { vault: ada.home }), whole)
  assert.ok((await ask('whoami', {})).usedBytes >= 75_000)
})

await test('the same commit again has the same answer', async () => {
  const { world, ada } = await start()
  const { request } = await world.run(putFile(ada))
  const first = await world.run(ada.client.call('commit', request))
  await world.run(putFile(ada))
  const again = await world.run(ada.client.call('commit', request))
  assert.deepEqual(again, first)
})

await test('packs are registered under an upload, told as known, and committed', async () => {
  const { world, ada, ask, newId } = await start()
  const upload = newId()
  const vault = ada.home
  await ask('upload/open', { upload, vault })
  const { ids, message } = await world.run(writePack(ada))
  const asked = new Uint8Array([...ids, ...new Uint8Array(32)])
  assert.deepEqual([...(await ask('known', { vault, ids: asked })).known], [0, 0, 0])
  await ask('packs/register', { upload, vault, packs: [message] })
  await ask('packs/register', { upload, vault, packs: [message] })
  assert.deepEqual([...(await ask('known', { vault, ids: asked })).known], [1, 1, 0])
  await ask('commit', makeCommit(ada, { ids, upload }).request)
  await ask('upload/close', { upload })
})

await test('a long list is staged, then committed by its root', async () => {
  const { world, ada, ask, newId } = await start()
  const upload = newId()
  await ask('upload/open', { upload, vault: ada.home })
  const { ids, message } = await world.run(writePack(ada))
  await ask('packs/register', { upload, vault: ada.home, packs: [message] })
  const { operation, request } = makeCommit(ada, { ids, upload })
  const [sent] = request.operations
  const version = toHex(operation.version)
  await ask('pages/stage', { upload, vault: ada.home, version, pages: sent!.pages })
  await ask('commit', { ...request, operations: [{ bytes: sent!.bytes, pages: [] }] })
  const versions = [{ version, from: 0 }]
  const { pages } = await ask('lookup', { vault: ada.home, versions })
  assert.deepEqual(pages[0]?.ids, ids)
})

await test('chunks that are nowhere are named', async () => {
  const { ada, ask, newId, world } = await start()
  const ids = world.random.bytes(64)
  const { request } = makeCommit(ada, { ids, upload: newId() })
  await assert.rejects(ask('commit', request), (error) => {
    assert.ok(hasCode(error, 'CHUNKS_MISSING'))
    assert.deepEqual(fromBase64(String(error.details['chunks'])), ids)
    return true
  })
})

await test('of two commits on one head, one wins and the other is told', async () => {
  const { world, ada, ask } = await start()
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const place = { entry, tag, previous: version }
  await world.run(putFile(ada, place))
  await assert.rejects(world.run(putFile(ada, place)), (error) => {
    assert.ok(hasCode(error, 'CHANGED'))
    assert.deepEqual(error.details['conflicts'], [{ at: 0, why: 'changed' }])
    return true
  })
  await assert.rejects(world.run(putFile(ada, { tag })), refusedWith('CHANGED'))
  assert.equal((await ask('feed', { vault: ada.home, after: 0 })).n, 2)
})

await test('a writer who saw another history is refused', async () => {
  const { world, ada } = await start()
  await world.run(putFile(ada))
  const seen = { n: 1, h: new Uint8Array(32).fill(1) }
  await assert.rejects(world.run(putFile(ada, { seen })), refusedWith('FEED_FORKED'))
})

await test('a commit that is not wholly signed by its account is refused', async () => {
  const { world, ada } = await start()
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  const { request } = makeCommit(ada)
  const [sent] = request.operations
  const flipped = sent!.bytes.slice()
  flipped[40]! ^= 1
  const foreign = makeCommit(eve, { vault: ada.home }).request
  const wrong: ControlRequest<'commit'>[] = [
    { ...request, signature: new Uint8Array(64) },
    { ...request, operations: [{ bytes: flipped, pages: [] }] },
    { ...request, operations: [] },
    { ...request, operations: [sent!, sent!] },
    { ...request, statement: request.statement.slice(0, -1) },
    { ...request, statement: makeCommit(ada).request.statement },
    foreign,
    makeCommit(ada, { vault: eve.home }).request,
  ]
  for (const commit of wrong) {
    await assert.rejects(world.run(ada.client.call('commit', commit)), (error) =>
      ['FORBIDDEN', 'MALFORMED', 'VAULT_NOT_FOUND'].some((code) =>
        hasCode(error, code as ErrorCode),
      ),
    )
  }
})

await test('pages that are not the list that was signed are refused', async () => {
  const { world, ada } = await start()
  const { ids, message } = await world.run(writePack(ada))
  const { request } = makeCommit(ada, {
    ids,
    packs: [message],
    upload: toHex(world.random.bytes(16)),
  })
  const [sent] = request.operations
  const [page] = sent!.pages
  const wrong = [
    [{ ...page!, ids: ids.slice(0, 32) }],
    [{ ...page!, number: 1 }],
    [page!, page!],
    [{ ...page!, sealedLengths: new Uint8Array(40) }],
    [{ ...page!, ids: new Uint8Array(0) }],
    [{ ...page!, ids: ids.slice(0, 63) }],
  ]
  for (const pages of wrong) {
    const operations = [{ bytes: sent!.bytes, pages }]
    const commit = ada.client.call('commit', { ...request, operations })
    await assert.rejects(world.run(commit), refusedWith('MALFORMED'))
  }
})

await test('a pack is registered only as its receipts, roots and chunks prove it', async () => {
  const { world, ada, ask, newId } = await start()
  const upload = newId()
  await ask('upload/open', { upload, vault: ada.home })
  const { message } = await world.run(writePack(ada))
  const { message: other } = await world.run(writePack(ada))
  const [first, second, third, fourth] = message.shards
  const dataRoots = message.dataRoots.slice()
  dataRoots[5]! ^= 1
  const [chunk, ...chunks] = message.chunks
  const wrong: [packs: typeof message, code: ErrorCode][] = [
    [{ ...message, shards: [first!, second!, third!] }, 'BAD_POLICY'],
    [{ ...message, shards: [first!, second!, third!, { ...fourth!, index: 0 }] }, 'FORBIDDEN'],
    [
      { ...message, shards: [first!, second!, third!, { ...fourth!, node: first!.node }] },
      'FORBIDDEN',
    ],
    [
      { ...message, shards: [first!, second!, third!, { index: 3, node: first!.node }] },
      'BAD_POLICY',
    ],
    [{ ...message, shards: [first!, second!, third!, { index: 3, node: newId() }] }, 'MALFORMED'],
    [
      { ...message, shards: [first!, second!, third!, { index: 9, node: fourth!.node }] },
      'MALFORMED',
    ],
    [{ ...message, shards: [first!, second!, third!, other.shards[3]!] }, 'FORBIDDEN'],
    [{ ...message, dataRoots }, 'FORBIDDEN'],
    [{ ...message, dataRoots: dataRoots.slice(32) }, 'MALFORMED'],
    [{ ...message, generation: 2 }, 'FORBIDDEN'],
    [{ ...message, pack: newId() }, 'FORBIDDEN'],
    [{ ...message, k: 3, m: 1 }, 'MALFORMED'],
    [{ ...message, packLength: message.packLength + 1 }, 'MALFORMED'],
    [{ ...message, chunks: [{ ...chunk!, offset: 1 }, ...chunks] }, 'MALFORMED'],
    [{ ...message, chunks: [{ ...chunk!, length: 0 }, ...chunks] }, 'MALFORMED'],
    [{ ...message, chunks }, 'MALFORMED'],
  ]
  for (const [pack, code] of wrong) {
    const register = ask('packs/register', { upload, vault: ada.home, packs: [pack] })
    await assert.rejects(register, refusedWith(code), `${code}: ${JSON.stringify(pack.shards[3])}`)
  }
  await ask('packs/register', { upload, vault: ada.home, packs: [message] })
})

await test('a write needs the threshold, unless it says that fewer will do', async () => {
  const { world, ada, ask, newId } = await start()
  const vault = ada.home
  const upload = newId()
  await ask('upload/open', { upload, vault })
  world.nodes[0]!.away = true
  world.nodes[3]!.away = true
  await world.pass(3000)
  const { ids, message } = await world.run(writePack(ada))
  const packs = [message]
  await assert.rejects(
    ask('packs/register', { upload, vault, packs }),
    refusedWith('TOO_FEW_NODES'),
  )
  for (const threshold of [1, 5]) {
    const register = ask('packs/register', { upload, vault, packs, threshold })
    await assert.rejects(register, refusedWith('BAD_POLICY'))
  }
  await ask('packs/register', { upload, vault, packs, threshold: 2 })
  const strict = makeCommit(ada, { ids, upload }).request
  await assert.rejects(ask('commit', strict), refusedWith('CHUNKS_MISSING'))
  await ask('commit', makeCommit(ada, { ids, upload, threshold: 2 }).request)
  const counts = await ask('vault/health', { vault })
  assert.equal(counts.degraded, 1)
})

await test('late receipts make a pack whole; false and foreign ones change nothing', async () => {
  const { world, ada, ask } = await start()
  const late = world.nodes[3]!
  late.away = true
  const { pack } = await world.run(putFile(ada))
  late.away = false
  const { bytes, identity } = pack.shards[3]!
  const shard = { pack: Uint8Array.fromHex(pack.message.pack), index: 3, placementGeneration: 1 }
  const address = { shard, vault: Uint8Array.fromHex(ada.home) }
  const put = late.put(address, { root: identity.root, blocks: [identity.header, bytes] })
  const receipt = await world.run(put)
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  const added = { pack: pack.message.pack, index: 3, generation: 1, node: late.node, receipt }
  await world.run(eve.client.call('shards/add', { vault: eve.home, shards: [added] }))
  assert.equal((await ask('vault/health', { vault: ada.home })).degraded, 1)
  const forged = receipt.slice()
  forged[forged.length - 1]! ^= 1
  const shards = [{ ...added, receipt: forged }]
  await assert.rejects(ask('shards/add', { vault: ada.home, shards }), refusedWith('FORBIDDEN'))
  await ask('shards/add', { vault: ada.home, shards: [{ ...added, generation: 2 }] })
  assert.equal((await ask('vault/health', { vault: ada.home })).degraded, 1)
  await ask('shards/add', { vault: ada.home, shards: [added] })
  assert.equal((await ask('vault/health', { vault: ada.home })).complete, 1)
})

await test('a receipt of a store that the node no longer has counts as none', async () => {
  const { world, ada } = await start()
  const { ids, message } = await world.run(writePack(ada))
  for (const node of world.nodes.slice(0, 2)) node.empty()
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  const upload = toHex(world.random.bytes(16))
  const commit = makeCommit(ada, { ids, packs: [message], upload }).request
  await assert.rejects(world.run(ada.client.call('commit', commit)), refusedWith('TOO_FEW_NODES'))
})

await test('an upload that ended is opened again by a commit that brings its packs', async () => {
  const { world, ada } = await start()
  const { ids, message } = await world.run(writePack(ada))
  const upload = toHex(world.random.bytes(16))
  await world.run(ada.client.call('upload/open', { upload, vault: ada.home }))
  await world.scheduler.advance(3_600_000)
  await world.run(world.heartbeats())
  await world.run(world.settle())
  const register = { upload, vault: ada.home, packs: [message] }
  await assert.rejects(
    world.run(ada.client.call('packs/register', register)),
    refusedWith('NOT_FOUND'),
  )
  await world.run(
    ada.client.call('commit', makeCommit(ada, { ids, upload, packs: [message] }).request),
  )
})

await test('a quota holds at the commit', async () => {
  const users = [{ name: 'ada', quotaBytes: 100_000 }]
  const world = await CoordinatorWorld.start({ signup: { kind: 'listed', users } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  await world.run(putFile(ada))
  await assert.rejects(world.run(putFile(ada)), (error) => {
    assert.ok(hasCode(error, 'OVER_QUOTA'))
    assert.equal(error.details['quotaBytes'], 100_000)
    return true
  })
})
