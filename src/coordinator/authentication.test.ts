import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, utf8ToText } from '../base/bytes.ts'
import { hasCode } from '../base/errors.ts'
import { CoordinatorWorld } from '../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../testing/coordinator/test-account.ts'
import { controlHeaders } from '../wire/control-auth.ts'
import { createControlClient } from '../wire/control-client.ts'
import type { ControlHttpAnswer, ControlHttpRequest } from '../wire/transport.ts'

/** A world, an account, and what its client sent for `whoami`. */
async function caught(): Promise<{ world: CoordinatorWorld; request: ControlHttpRequest }> {
  const world = await CoordinatorWorld.start()
  const { handle } = world.coordinator
  const seen: ControlHttpRequest[] = []
  world.coordinator = {
    ...world.coordinator,
    handle(request) {
      seen.push(request)
      return handle(request)
    },
  }
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  await world.run(ada.client.call('whoami', {}))
  world.coordinator = { ...world.coordinator, handle }
  return { world, request: seen.at(-1)! }
}

function codeOf(answer: ControlHttpAnswer): string | undefined {
  const json = JSON.parse(utf8ToText(answer.body)) as { error?: { code: string } }
  return json.error?.code
}

await test('the wall clock set back keeps nobody out', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const before = (await world.run(ada.client.call('grid', {}))).timeMs
  world.jump(-3_600_000)
  await world.run(ada.client.call('whoami', {}))
  await world.run(world.heartbeats())
  await world.scheduler.advance(1000)
  assert.ok((await world.run(ada.client.call('grid', {}))).timeMs >= before + 1000)
  world.jump(3_600_000)
  await world.run(ada.client.call('whoami', {}))
  await world.run(world.heartbeats())
})

await test('a caught request does nothing a second time, nor changed in any part', async () => {
  const { world, request } = await caught()
  const again = await world.run(world.coordinator.handle(request))
  assert.equal(codeOf(again), 'NOT_LOGGED_IN')
  assert.ok(again.headers[controlHeaders.mac], 'the refusal is proven')
  const { headers } = request
  const changed: ControlHttpRequest[] = [
    { ...request, path: '/v1/logout' },
    { ...request, body: Buffer.from('{ }') },
    ...Object.values(controlHeaders)
      .filter((name) => headers[name] !== undefined)
      .flatMap((name) => [
        { ...request, headers: { ...headers, [name]: flipped(headers[name]!) } },
        { ...request, headers: { ...headers, [name]: '' } },
        { ...request, headers: { ...headers, [name]: `${headers[name]}0` } },
      ]),
  ]
  for (const tampered of changed) {
    const answer = await world.run(world.coordinator.handle(tampered))
    assert.equal(codeOf(answer), 'NOT_LOGGED_IN')
    assert.deepEqual(answer.headers, {})
  }
})

function flipped(text: string): string {
  return (text.startsWith('1') ? '2' : '1') + text.slice(1)
}

await test('a request caught before a restart of the coordinator is too old after it', async () => {
  const { world, request } = await caught()
  await world.scheduler.advance(1000)
  await world.run(world.restart())
  const answer = await world.run(world.coordinator.handle(request))
  assert.equal(codeOf(answer), 'NOT_LOGGED_IN')
})

await test('a client whose clock is wrong learns the time and goes on', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const { random, primitives, scheduler } = world
  for (const offsetMs of [-3_600_000, 3_600_000]) {
    const clock = scheduler.clock(offsetMs)
    const transport = world.transport()
    const client = createControlClient({ transport, clock, random, primitives })
    const slow = new TestAccount(world, `slow${offsetMs + 3_600_001}`)
    Object.assign(slow, { client })
    await world.run(slow.signUp())
    await world.run(slow.logIn())
    const { account } = await world.run(client.call('whoami', {}))
    assert.equal(account, slow.account)
    assert.ok(Math.abs(client.timeMs() - world.clock.nowMs()) < 1000)
  }
  await world.run(ada.client.call('whoami', {}))
})

await test('a session makes a bounded number of requests', async () => {
  const world = await CoordinatorWorld.start({ limits: { sessionRequestsMax: 3 } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  for (let at = 0; at < 3; at += 1) await world.run(ada.client.call('whoami', {}))
  const next = ada.client.call('whoami', {}, { triesMax: 1 })
  await assert.rejects(world.run(next), (error) => hasCode(error, 'BUSY'))
})

await test('only nodes of the grid are heard, in their own name, once', async () => {
  const world = await CoordinatorWorld.start()
  const { clock, primitives, random } = world
  const [first, second] = world.nodes
  const beat = {
    node: first!.node,
    storeId: first!.storeId.toHex(),
    lastRecord: 0,
    store: 'serving' as const,
    usedBytes: 1,
    freeBytes: 1,
    shards: 0,
    pid: 1,
    term: 1,
  }
  const clientAs = (node: string, seed: Uint8Array) => {
    const proof = { node, seed, coordinatorKey: world.coordinator.publicKey }
    const transport = world.transport()
    return createControlClient({ transport, clock, primitives, random, node: proof })
  }
  await world.scheduler.advance(10)
  await world.run(clientAs(first!.node, first!.seed).call('heartbeat', beat))
  const forged = clientAs(first!.node, second!.seed).call('heartbeat', beat)
  await assert.rejects(world.run(forged), (error) => hasCode(error, 'NOT_LOGGED_IN'))
  const stranger = clientAs(toHex(random.bytes(16)), second!.seed).call('heartbeat', beat)
  await assert.rejects(world.run(stranger), (error) => hasCode(error, 'NOT_LOGGED_IN'))
  await world.scheduler.advance(10)
  const forAnother = clientAs(second!.node, second!.seed).call('heartbeat', beat)
  await assert.rejects(world.run(forAnother), (error) => hasCode(error, 'FORBIDDEN'))
  const newer = clientAs(second!.node, second!.seed)
  const ofNewTerm = newer.call('heartbeat', { ...beat, node: second!.node, term: 2 })
  await assert.rejects(world.run(ofNewTerm), (error) => hasCode(error, 'TERM_OLD'))
})

await test("a node's request whose time does not rise is refused with the time to use", async () => {
  const world = await CoordinatorWorld.start()
  const [node] = world.nodes
  // Another client of the same node, begun in the same millisecond: its first time is not higher.
  await world.run(world.heartbeat(node!))
  await world.run(world.heartbeat(node!))
  const [told] = (await world.run(clusterOf(world))).nodes
  assert.equal(told?.state, 'up')
})

async function clusterOf(world: CoordinatorWorld) {
  const ada = await TestAccount.enter(world, 'ada')
  return ada.client.call('cluster', {})
}
