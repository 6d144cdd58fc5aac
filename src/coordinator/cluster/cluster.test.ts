import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CoordinatorWorld } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'

await test('nodes are up while they are heard, down soon after, and up again', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const states = async (): Promise<string[]> => {
    const { nodes } = await world.run(ada.client.call('cluster', {}))
    return nodes.map(({ state }) => state)
  }
  assert.deepEqual(await states(), ['up', 'up', 'up', 'up'])
  world.nodes[1]!.away = true
  await world.pass(2000)
  assert.deepEqual(await states(), ['up', 'up', 'up', 'up'])
  await world.pass(300)
  assert.deepEqual(await states(), ['up', 'down', 'up', 'up'])
  world.nodes[1]!.away = false
  await world.run(world.heartbeats())
  assert.deepEqual(await states(), ['up', 'up', 'up', 'up'])
})

await test('what nodes say is told while they are up', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const { nodes, pid } = await world.run(ada.client.call('cluster', {}))
  assert.equal(pid, 1)
  assert.equal(nodes[0]?.pid, 7)
  assert.equal(nodes[0]?.store, 'serving')
  assert.equal(nodes[0]?.freeBytes, 1)
})

await test('a node that was left out is told as draining while it answers, then as evicted', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  world.leftOut.add(world.nodes[1]!.node)
  await world.scheduler.advance(10)
  await world.run(world.restart())
  const states = async (): Promise<string[]> => {
    const { nodes } = await world.run(ada.client.call('cluster', {}))
    return nodes.map(({ state }) => state)
  }
  assert.deepEqual(await states(), ['up', 'draining', 'up', 'up'])
  world.nodes[1]!.away = true
  await world.pass(3000)
  assert.deepEqual(await states(), ['up', 'evicted', 'up', 'up'])
})

await test('after a restart, nodes seen before count as up until they could have been heard', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  await world.scheduler.advance(10_000)
  await world.run(world.restart())
  const up = async (): Promise<number> => {
    const { nodes } = await world.run(ada.client.call('cluster', {}))
    return nodes.filter(({ state }) => state === 'up').length
  }
  assert.equal(await up(), 4)
  await world.scheduler.advance(2200)
  assert.equal(await up(), 0)
})
