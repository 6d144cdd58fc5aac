import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { type ErrorCode } from '../../base/errors.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../../testing/coordinator/test-writer.ts'
import { refusedWith, startWriting } from '../../testing/coordinator/writing-world.ts'

await test('packs are registered under an upload, told as known, and committed', async () => {
  const { world, ada, ask, newId } = await startWriting()
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

await test('a pack is registered only as its receipts, roots and chunks prove it', async () => {
  const { world, ada, ask, newId } = await startWriting()
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

await test('a receipt of a store that its node has no more is no durable shard', async () => {
  const { world, ada, ask, newId } = await startWriting()
  const upload = newId()
  const vault = ada.home
  await ask('upload/open', { upload, vault })
  const { ids, message } = await world.run(writePack(ada))
  const { ids: lateIds, message: late } = await world.run(writePack(ada))
  const { message: third } = await world.run(writePack(ada))
  const [first, second] = world.nodes
  // Known to the catalogue only: as when it is heard between the check of a receipt and its row.
  await world.catalogue.nodeSeen({ node: first!.node, storeId: newId(), lastRecord: 0 })
  await world.scheduler.advance(10)
  const image = { node: second!.node, storeId: second!.storeId.toHex(), lastRecord: 0 }
  await world.catalogue.nodeSeen({ ...image, lastRecord: 9 })
  await world.catalogue.nodeSeen(image)
  await ask('packs/register', { upload, vault, packs: [message] })
  const states = async (pack: string) =>
    (await world.catalogue.packPlaces([pack]))[0]?.shards.map(({ state }) => state)
  assert.deepEqual(await states(message.pack), ['missing', 'missing', 'durable', 'durable'])
  await assert.rejects(
    ask('commit', makeCommit(ada, { ids, upload }).request),
    refusedWith('CHUNKS_MISSING'),
  )
  const commit = makeCommit(ada, { ids: lateIds, upload, packs: [late] })
  await assert.rejects(ask('commit', commit.request), refusedWith('CHUNKS_MISSING'))
  const shards = third.shards.map((shard) => ({ ...shard, pack: third.pack, generation: 1 }))
  const without = third.shards.map(({ index, node }) => ({ index, node }))
  const some = [...without.slice(0, 1), ...third.shards.slice(1)]
  await ask('packs/register', { upload, vault, packs: [{ ...third, shards: some }] })
  await ask('shards/add', { vault, shards })
  assert.deepEqual(await states(third.pack), ['missing', 'missing', 'durable', 'durable'])
})

await test('a write needs the threshold, unless it says that fewer will do', async () => {
  const { world, ada, ask, newId } = await startWriting()
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
  const { world, ada, ask } = await startWriting()
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
  const { world, ada } = await startWriting()
  const { ids, message } = await world.run(writePack(ada))
  for (const node of world.nodes.slice(0, 2)) node.empty()
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  const upload = toHex(world.random.bytes(16))
  const commit = makeCommit(ada, { ids, packs: [message], upload }).request
  await assert.rejects(world.run(ada.client.call('commit', commit)), refusedWith('TOO_FEW_NODES'))
})
