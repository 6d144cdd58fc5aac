import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { hasCode } from '../../base/errors.ts'
import { CoordinatorWorld, type WorldOptions } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../../testing/coordinator/test-writer.ts'
import { ClockGuard } from './clock-guard.ts'

const hour = 3_600_000

async function start(options: WorldOptions = {}) {
  const world = await CoordinatorWorld.start(options)
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  /** Time passes, the nodes answer again, and the work in the background is done. */
  const later = async (ms: number): Promise<void> => {
    await world.scheduler.advance(ms)
    await world.run(world.heartbeats())
    await world.run(world.settle())
  }
  const held = (): number[] => world.nodes.map((node) => node.records.size)
  return { world, ada, later, held }
}

await test('shards that nobody registered go after the grace, and their pack can never come back', async () => {
  const { world, ada, later, held } = await start()
  const { ids, message } = await world.run(writePack(ada))
  await later(3000)
  assert.deepEqual(held(), [1, 1, 1, 1])
  for (const node of world.nodes) node.ageMs = hour
  await later(3000)
  assert.deepEqual(held(), [0, 0, 0, 0])
  const upload = toHex(world.random.bytes(16))
  const { request } = makeCommit(ada, { ids, packs: [message], upload })
  await assert.rejects(world.run(ada.client.call('commit', request)), (error) => {
    assert.ok(hasCode(error, 'PACK_DEAD'))
    assert.deepEqual(error.details['packs'], [message.pack])
    return true
  })
})

await test('what an upload holds stays until its lease ends, then goes in steps', async () => {
  const { world, ada, later, held } = await start()
  const upload = toHex(world.random.bytes(16))
  const vault = ada.home
  await world.run(ada.client.call('upload/open', { upload, vault }))
  const { message } = await world.run(writePack(ada))
  await world.run(ada.client.call('packs/register', { upload, vault, packs: [message] }))
  for (let renewals = 0; renewals < 4; renewals += 1) {
    await later(10 * 60_000)
    await world.run(ada.client.call('upload/open', { upload, vault }))
  }
  assert.deepEqual(held(), [1, 1, 1, 1])
  await later(hour)
  assert.deepEqual(held(), [1, 1, 1, 1])
  await later(25 * hour)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('an overwritten version goes after retention and trash, its successor stays', async () => {
  const { world, ada, later, held } = await start()
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  await world.run(putFile(ada, { entry, tag, previous: version }))
  await later(24 * hour)
  assert.deepEqual(held(), [2, 2, 2, 2])
  await later(30 * 24 * hour)
  await later(25 * hour)
  assert.deepEqual(held(), [1, 1, 1, 1])
  await world.run(ada.logIn())
  const health = await world.run(ada.client.call('vault/health', { vault: ada.home }))
  assert.equal(health.complete, 1)
})

await test('a removed file is purged at once on demand; its shards go with the trash', async () => {
  const { world, ada, later, held } = await start()
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const gone = makeCommit(ada, { entry, tag, previous: version, tombstone: true })
  await world.run(ada.client.call('commit', gone.request))
  const entries = [toHex(entry)]
  const purged = await world.run(ada.client.call('purge', { vault: ada.home, entries }))
  assert.equal(purged.more, false)
  const lookup = { vault: ada.home, versions: [{ version: toHex(version), from: 0 }] }
  assert.deepEqual((await world.run(ada.client.call('lookup', lookup))).pages, [])
  await later(hour)
  assert.deepEqual(held(), [1, 1, 1, 1])
  await later(25 * hour)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('nodes that are away are cleaned when they return', async () => {
  const { world, ada, later, held } = await start()
  const { message } = await world.run(writePack(ada))
  assert.ok(message)
  for (const node of world.nodes) node.ageMs = hour
  world.nodes[1]!.away = true
  await later(3000)
  assert.deepEqual(held(), [0, 1, 0, 0])
  world.nodes[1]!.away = false
  await later(3000)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('a node that refuses to delete keeps no other from being cleaned', async () => {
  const { world, ada, later, held } = await start({ limits: { collectBatchMax: 2 } })
  for (let at = 0; at < 4; at += 1) {
    const { operation } = await world.run(putFile(ada))
    const { entry, tag, version } = operation
    const gone = makeCommit(ada, { entry, tag, previous: version, tombstone: true })
    await world.run(ada.client.call('commit', gone.request))
  }
  world.nodes[0]!.refuses = 'delete'
  await later(32 * 24 * hour)
  await later(25 * hour)
  assert.deepEqual(held(), [4, 0, 0, 0])
  world.nodes[0]!.refuses = undefined
  await later(hour)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('a job that fails keeps no other from its turn', async () => {
  const { world, ada, later, held } = await start()
  world.catalogue.purge = () => Promise.reject(new Error('as planned'))
  await world.run(writePack(ada))
  for (const node of world.nodes) node.ageMs = hour
  await later(3000)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('far more strangers than interrupted work leaves are not touched', async () => {
  const { world, ada, later, held } = await start({ limits: { collectFewShards: 3 } })
  for (let at = 0; at < 4; at += 1) await world.run(writePack(ada))
  for (const node of world.nodes) node.ageMs = hour
  await later(3000)
  assert.deepEqual(held(), [4, 4, 4, 4])
  const { notices } = await world.run(ada.client.call('cluster', {}))
  const kept = { kind: 'strangers-kept', shards: 4 }
  assert.deepEqual(
    notices,
    world.nodes.map(({ node }) => ({ ...kept, node })),
  )
})

await test('any number of strangers goes when the operator says so', async () => {
  const limits = { collectFewShards: 3 }
  const { world, ada, later, held } = await start({ limits, unknownShards: 'collect' })
  for (let at = 0; at < 4; at += 1) await world.run(writePack(ada))
  for (const node of world.nodes) node.ageMs = hour
  await later(3000)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('strangers beyond what one census hands over go after the next', async () => {
  const { world, ada, later, held } = await start({ limits: { collectShardsMax: 2 } })
  for (let at = 0; at < 5; at += 1) await world.run(writePack(ada))
  for (const node of world.nodes) node.ageMs = hour
  await later(3000)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('a jump of the clock is told, and collecting goes on after a rest', async () => {
  const { world, ada, later, held } = await start()
  await world.run(writePack(ada))
  for (const node of world.nodes) node.ageMs = hour
  const notices = async () => (await world.run(ada.client.call('cluster', {}))).notices
  world.jump(2 * hour)
  await world.run(ada.logIn())
  await later(3000)
  assert.deepEqual(held(), [1, 1, 1, 1])
  assert.deepEqual(await notices(), [{ kind: 'clock-jumped' }])
  await later(hour)
  assert.deepEqual(held(), [0, 0, 0, 0])
  assert.deepEqual(await notices(), [])
})

await test('a coordinator without its catalogue, or with another one, deletes nothing', async () => {
  const { world, ada, later, held } = await start()
  await world.run(putFile(ada))
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const gone = makeCommit(ada, { entry, tag, previous: version, tombstone: true })
  await world.run(ada.client.call('commit', gone.request))
  for (const node of world.nodes) node.ageMs = hour
  const enter = async () => {
    await world.run(world.restart())
    await world.run(world.heartbeats())
    for (let hours = 0; hours < 40 * 24; hours += 24) await later(24 * hour)
  }
  const putBack = world.loseCatalogue()
  await enter()
  assert.deepEqual(held(), [2, 2, 2, 2])
  await enter()
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  await world.run(writePack(eve))
  await later(24 * hour)
  assert.deepEqual(held(), [2, 2, 2, 2], 'what this catalogue saw arrive is collected')
  putBack()
  await enter()
  assert.deepEqual(held(), [2, 2, 2, 2], 'the other one worked meanwhile')
  await world.run(ada.logIn())
  const { nodes } = await world.run(ada.client.call('cluster', {}))
  const ids = new Set(nodes.map(({ quarantine }) => quarantine))
  assert.equal(ids.size, 1)
  const [id] = ids
  assert.match(id!, /^[0-9a-f]{12}$/)
  world.endQuarantine = 'another'
  await enter()
  assert.deepEqual(held(), [2, 2, 2, 2])
  world.endQuarantine = id
  await enter()
  assert.deepEqual(held(), [1, 1, 1, 1])
  await world.run(ada.logIn())
  const health = await world.run(ada.client.call('vault/health', { vault: ada.home }))
  assert.equal(health.complete, 1)
})

await test('a node that holds only what nobody knows, and nothing of what it should, keeps it', async () => {
  const { world, ada, later, held } = await start()
  await world.run(putFile(ada))
  const [node] = world.nodes
  node!.records.clear()
  await world.run(writePack(ada))
  await world.run(world.restart())
  for (const each of world.nodes) each.ageMs = hour
  node!.refuses = 'put'
  await later(3000)
  assert.deepEqual(held(), [1, 1, 1, 1])
  const { notices } = await world.run(ada.client.call('cluster', {}))
  assert.deepEqual(notices, [{ kind: 'strangers-kept', node: node!.node, shards: 1 }])
})

await test('a copy of a moved shard goes once the other is durable', async () => {
  const { world, ada, later, held } = await start({ nodes: 5 })
  world.nodes[1]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  for (let at = 0; at < 2; at += 1) {
    await world.pass(16_000)
    await world.run(world.settle())
  }
  assert.deepEqual(held(), [1, 0, 1, 1, 1])
  // The client's late send arrived after all, at the node where nothing is wanted any more.
  const node = world.nodes[1]!
  node.away = false
  node.ageMs = hour
  const { bytes, identity } = pack.shards[1]!
  const shard = { pack: Uint8Array.fromHex(pack.message.pack), index: 1, placementGeneration: 1 }
  const address = { shard, vault: Uint8Array.fromHex(ada.home) }
  await world.run(node.put(address, { root: identity.root, blocks: [identity.header, bytes] }))
  await later(3000)
  assert.deepEqual(held(), [1, 0, 1, 1, 1])
})

await test('collecting goes on after the coordinator died at any step', async () => {
  const { world, ada, later, held } = await start()
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const gone = makeCommit(ada, { entry, tag, previous: version, tombstone: true })
  await world.run(ada.client.call('commit', gone.request))
  await world.scheduler.advance(32 * 24 * hour)
  for (let steps = 1; steps < 30; steps += 1) {
    await world.scheduler.advance(hour)
    await world.run(world.heartbeats())
    for (let step = 0; step < steps; step += 1) await world.run(world.coordinator.collector.step())
    await world.run(world.restart())
  }
  await later(hour)
  assert.deepEqual(held(), [0, 0, 0, 0])
})

await test('after a jump of the wall clock nothing is collected for a while', () => {
  let wallMs = 1_000_000
  let monotonicMs = 0
  const clock = {
    nowMs: () => wallMs,
    monotonicMs: () => monotonicMs,
    timer: () => ({ cancel() {} }),
  }
  const guard = new ClockGuard(clock, { jumpMaxMs: hour, restMs: hour })
  wallMs += 5 * hour
  monotonicMs += 5 * hour
  assert.ok(guard.steady())
  wallMs += hour
  assert.ok(guard.steady())
  wallMs += hour + 1
  assert.equal(guard.steady(), false)
  wallMs += hour - 1
  monotonicMs += hour - 1
  assert.equal(guard.steady(), false)
  wallMs += 1
  monotonicMs += 1
  assert.ok(guard.steady())
  wallMs -= 2 * hour
  assert.equal(guard.steady(), false)
  wallMs += hour
  monotonicMs += hour
  assert.ok(guard.steady())
})
