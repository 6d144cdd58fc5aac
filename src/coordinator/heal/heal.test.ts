import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalBytes, toHex } from '../../base/bytes.ts'
import { sleep } from '../../base/clock.ts'
import type { MemoryNode } from '../../testing/coordinator/memory-node.ts'
import type { ShardId } from '../../core/shard.ts'
import { CoordinatorWorld, type WorldOptions } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'
import {
  makeCommit,
  putFile,
  writePack,
  type WrittenPack,
} from '../../testing/coordinator/test-writer.ts'

async function start(options: WorldOptions = {}) {
  const world = await CoordinatorWorld.start(options)
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const health = () => world.run(ada.client.call('vault/health', { vault: ada.home }))
  const settle = () => world.run(world.settle())
  return { world, ada, health, settle }
}

function shardOf(pack: WrittenPack, index: number): ShardId {
  return { pack: Uint8Array.fromHex(pack.message.pack), index, placementGeneration: 1 }
}

const complete = (files: number) => ({ complete: files, degraded: 0, unknown: 0, lost: 0 })

/** Whether some node holds exactly the bytes of each shard of the pack, each on a node of its own. */
function isWhole(world: CoordinatorWorld, pack: WrittenPack): boolean {
  const holders = pack.shards.map(({ bytes, identity }) =>
    world.nodes.find((node) =>
      [...node.records.values()].some(
        (held) => equalBytes(held.root, identity.root) && equalBytes(held.bytes, bytes),
      ),
    ),
  )
  return !holders.includes(undefined) && new Set(holders).size === holders.length
}

await test('what a node missed while it was away is written when it answers again', async () => {
  const { world, ada, health, settle } = await start()
  world.nodes[2]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  await settle()
  assert.equal((await health()).degraded, 1)
  world.nodes[2]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('an emptied node is counted and filled again', async () => {
  const { world, ada, health, settle } = await start()
  const packs: WrittenPack[] = []
  for (let at = 0; at < 5; at += 1) packs.push((await world.run(putFile(ada))).pack)
  await settle()
  for (const node of world.nodes.slice(1, 3)) node.empty()
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  assert.equal((await health()).complete, 0)
  await settle()
  assert.deepEqual(await health(), complete(5))
  for (const pack of packs) assert.ok(isWhole(world, pack))
})

await test('an old image of a disk is noticed, and only what it lacks is written', async () => {
  const { world, ada, health, settle } = await start()
  await world.run(putFile(ada))
  const node = world.nodes[1]!
  const image = new Map(node.records)
  const { pack } = await world.run(putFile(ada))
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  node.records.clear()
  for (const [name, held] of image) node.records.set(name, held)
  node.lastRecord = 1
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(2))
  assert.ok(isWhole(world, pack))
  assert.equal(node.lastRecord, 2)
})

await test('rotten bytes are never a source: they are found, and replaced when computed anew', async () => {
  const { world, ada, health, settle } = await start()
  world.nodes[3]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  world.nodes[0]!.rot(shardOf(pack, 0))
  world.nodes[3]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('what is wrong on the way at all nodes makes nothing lost', async () => {
  const { world, ada, health, settle } = await start()
  const { pack } = await world.run(putFile(ada))
  const rotAll = (): void => {
    for (const [index, node] of world.nodes.entries()) node.rot(shardOf(pack, index))
  }
  rotAll()
  const shards = pack.shards.map((_, index) => {
    return { pack: pack.message.pack, index, generation: 1 }
  })
  await world.run(ada.client.call('shards/suspect', { vault: ada.home, shards }))
  await settle()
  assert.equal((await health()).lost, 0)
  rotAll()
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('with too few right sources nothing is written, until one returns', async () => {
  const { world, ada, health, settle } = await start()
  world.nodes[3]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  world.nodes[0]!.rot(shardOf(pack, 0))
  world.nodes[1]!.away = true
  world.nodes[3]!.away = false
  await world.pass(3000)
  await settle()
  assert.equal(world.nodes[3]!.records.size, 0)
  world.nodes[1]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('a shard its node denies to have is wanted again', async () => {
  const { world, ada, health, settle } = await start()
  world.nodes[3]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  world.nodes[0]!.records.clear()
  world.nodes[3]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('a shard with another root under a registered id is not counted, and replaced', async () => {
  const { world, ada, health, settle } = await start()
  const node = world.nodes[2]!
  node.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  // Someone with a ticket put other bytes under this very id.
  const address = { shard: shardOf(pack, 2), vault: Uint8Array.fromHex(ada.home) }
  node.away = false
  await world.run(
    node.put(address, { root: new Uint8Array(32).fill(7), blocks: [new Uint8Array(300)] }),
  )
  await world.run(world.heartbeats())
  await settle()
  await world.run(world.settle())
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('after the grace, what a node never got goes to another, at most one on each', async () => {
  const { world, ada, health, settle } = await start({ nodes: 5 })
  world.nodes[1]!.away = true
  await world.pass(3000)
  const { pack } = await world.run(putFile(ada))
  await settle()
  assert.equal(world.nodes[4]!.records.size, 0)
  await world.pass(16_000)
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.equal(world.nodes[4]!.records.size, 1)
  assert.ok(isWhole(world, pack))
})

await test('a pack that is no codeword is left alone and changes nothing', async () => {
  const { world, ada, health, settle } = await start()
  world.nodes[3]!.away = true
  await world.pass(3000)
  const honest = await world.run(writePack(ada))
  // A writer that lies of the shard which nobody has: its root is of no bytes that follow from the others.
  const { message } = await lyingPack(ada, honest)
  const upload = toHex(world.random.bytes(16))
  const made = makeCommit(ada, { ids: honest.ids, packs: [message], upload })
  await world.run(ada.client.call('commit', made.request))
  world.nodes[3]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.equal((await health()).degraded, 1)
  assert.equal(world.nodes[3]!.records.size, 0)
})

async function lyingPack(ada: TestAccount, honest: WrittenPack): Promise<WrittenPack> {
  const { dataRoots } = honest.message
  const lie = dataRoots.slice()
  lie[3 * 32]! ^= 1
  const shards = honest.shards.map(({ bytes }) => bytes)
  return rewrite(ada, { honest, dataRoots: lie, shards })
}

/** Stores the pack's shards under other data roots, as a dishonest client could. */
async function rewrite(
  ada: TestAccount,
  lie: {
    readonly honest: WrittenPack
    readonly dataRoots: Uint8Array
    readonly shards: readonly Uint8Array[]
  },
): Promise<WrittenPack> {
  const { world } = ada
  const { packIdentities } = await import('../pack-roots.ts')
  const message = { ...lie.honest.message, pack: toHex(world.random.bytes(16)) }
  const described = { ...message, kind: 1, vault: ada.home, dataRoots: lie.dataRoots }
  const identities = packIdentities(world.primitives, described)
  const sent = []
  for (const [index, content] of lie.shards.entries()) {
    const node = world.nodes[index]!
    const { header, root } = identities[index]!
    const shard = { pack: Uint8Array.fromHex(message.pack), index, placementGeneration: 1 }
    const address = { shard, vault: Uint8Array.fromHex(ada.home) }
    const receipt = node.away
      ? undefined
      : await node.put(address, { root, blocks: [header, content] })
    sent.push({ index, node: node.node, ...(receipt && { receipt }) })
  }
  return { ...lie.honest, message: { ...message, dataRoots: lie.dataRoots, shards: sent } }
}

await test('a node whose list fails keeps no other from being counted', async () => {
  const { world, ada, health, settle } = await start({ nodes: 5 })
  const { pack } = await world.run(putFile(ada))
  const [first, second, third] = world.nodes
  first!.refuses = 'list'
  second!.storeState = 'disk-gone'
  third!.empty()
  await world.scheduler.advance(10)
  await world.run(world.restart())
  await world.run(world.heartbeats())
  await settle()
  assert.equal(third!.records.size, 1)
  assert.equal((await health()).degraded, 1)
  first!.refuses = undefined
  second!.storeState = 'serving'
  await world.pass(11_000)
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('a node that was replaced by another under a new identity counts as gone', async () => {
  const { world, ada, health, settle } = await start({ nodes: 5 })
  const [lost, , , , fresh] = world.nodes
  const enter = async (leftOut: readonly MemoryNode[], away: readonly MemoryNode[]) => {
    world.leftOut.clear()
    for (const { node } of leftOut) world.leftOut.add(node)
    for (const node of world.nodes) node.away = away.includes(node)
    await world.run(world.restart())
    await world.run(world.heartbeats())
    await world.pass(16_000)
    await settle()
  }
  await enter([fresh!], [fresh!])
  const { pack } = await world.run(putFile(ada))
  const { pack: removed, operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const gone = makeCommit(ada, { entry, tag, previous: version, tombstone: true })
  await world.run(ada.client.call('commit', gone.request))
  assert.deepEqual(await health(), complete(1))
  await enter([lost!], [lost!])
  await world.pass(16_000)
  await settle()
  assert.deepEqual(await health(), complete(1))
  lost!.records.clear()
  assert.ok(isWhole(world, pack))
  assert.ok(isWhole(world, removed))
})

await test('a node that was left out and still answers keeps its shards, until it goes', async () => {
  const { world, ada, health, settle } = await start({ nodes: 5 })
  const { pack } = await world.run(putFile(ada))
  const [left] = world.nodes
  world.leftOut.add(left!.node)
  await world.run(world.restart())
  await world.pass(40_000)
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.equal(world.nodes[4]!.records.size, 0)
  left!.away = true
  await world.pass(20_000)
  await world.run(world.restart())
  await world.run(world.heartbeats())
  await world.pass(20_000)
  await settle()
  await world.pass(20_000)
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.equal(world.nodes[4]!.records.size, 1)
  // Named again, its copy is one too many.
  left!.away = false
  left!.ageMs = 3_600_000
  world.leftOut.clear()
  await world.run(world.restart())
  await world.run(world.heartbeats())
  await settle()
  assert.equal(left!.records.size, 0)
  assert.ok(isWhole(world, pack))
})

await test('a coordinator that was started without its nodes by mistake loses nothing', async () => {
  const { world, ada, health, settle } = await start()
  const { pack } = await world.run(putFile(ada))
  for (const { node } of world.nodes) world.leftOut.add(node)
  for (const node of world.nodes) node.away = true
  await world.run(world.restart())
  await world.pass(60_000)
  await settle()
  assert.equal((await health()).lost, 1)
  await world.scheduler.advance(10)
  world.leftOut.clear()
  for (const node of world.nodes) node.away = false
  await world.run(world.restart())
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(1))
  assert.ok(isWhole(world, pack))
})

await test('a target that refuses keeps the other shards of a pack from nothing', async () => {
  const { world, ada, health, settle } = await start()
  const [first, second] = world.nodes
  const upload = toHex(world.random.bytes(16))
  const { message, ids } = await world.run(writePack(ada))
  const some = message.shards.map(({ index, node }) => ({ index, node }))
  const shards = [...some.slice(0, 2), ...message.shards.slice(2)]
  const packs = [{ ...message, shards }]
  const { request } = makeCommit(ada, { ids, packs, upload, threshold: 2 })
  await world.run(ada.client.call('commit', request))
  first!.records.clear()
  second!.records.clear()
  first!.refuses = 'put'
  await settle()
  assert.equal(second!.records.size, 1)
  assert.equal((await health()).degraded, 1)
})

await test('a long list of what cannot be healed is not read over and over', async () => {
  const { world, ada, health, settle } = await start({ limits: { healScanPacksMax: 2 } })
  world.nodes[0]!.away = true
  await world.pass(3000)
  for (let at = 0; at < 5; at += 1) await world.run(putFile(ada))
  let reads = 0
  const packsToHeal = world.catalogue.packsToHeal.bind(world.catalogue)
  world.catalogue.packsToHeal = async (request) => {
    reads += 1
    await sleep(world.clock, 100)
    return packsToHeal(request)
  }
  await settle()
  assert.equal(reads, 4)
  await world.pass(5000)
  await settle()
  assert.equal(reads, 4)
  await world.pass(5000)
  await settle()
  assert.equal(reads, 8)
  world.nodes[0]!.away = false
  await world.run(world.heartbeats())
  await settle()
  assert.deepEqual(await health(), complete(5))
})

await test('healing goes on after the coordinator died at any step', async () => {
  const { world, ada, health, settle } = await start()
  const packs: WrittenPack[] = []
  for (let at = 0; at < 3; at += 1) packs.push((await world.run(putFile(ada))).pack)
  world.nodes[0]!.empty()
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  for (let steps = 0; steps < 12; steps += 1) {
    for (let step = 0; step <= steps % 4; step += 1)
      await world.run(world.coordinator.healer.step())
    await world.scheduler.advance(10)
    await world.run(world.restart())
    await world.run(world.heartbeats())
  }
  await settle()
  assert.deepEqual(await health(), complete(3))
  for (const pack of packs) assert.ok(isWhole(world, pack))
})

await test('started, it heals by itself', async () => {
  const { world, ada, health } = await start()
  world.nodes[2]!.away = true
  await world.pass(3000)
  await world.run(putFile(ada))
  world.coordinator.start()
  await world.pass(20_000)
  world.nodes[2]!.away = false
  await world.pass(2000)
  assert.deepEqual(await health(), complete(1))
  await world.run(world.coordinator.close())
})
