import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasCode } from '../../base/errors.ts'
import type { Connection } from '../../base/network.ts'
import { describeNetwork } from '../conformance/network.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { simulatedNetwork } from './simulated-network.ts'

function makeWorld(seed = 1) {
  const scheduler = new Scheduler(new SeededRandom(seed))
  const network = simulatedNetwork({ scheduler, random: new SeededRandom(seed + 1) })
  const run = <Value>(done: Promise<Value>): Promise<Value> =>
    scheduler.run(done, { timeMaxMs: 60_000 })
  return { scheduler, network, run }
}

describeNetwork('the simulated network', () => {
  const { network, run } = makeWorld()
  return {
    opener: network.host('client'),
    server: network.host('node'),
    listenAddress: 'node:0',
    emptyAddress: 'node:9',
    run,
  }
})

async function connectPair(world: ReturnType<typeof makeWorld>) {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await world.network.host('node').listen('node:0', accepted.resolve)
  const near = await world.run(
    world.network.host('client').connect(listener.address, { timeoutMs: 1000 }),
  )
  const far = await accepted.promise
  const log: string[] = []
  const note = (name: string, connection: Connection): void => {
    connection.onBytes((bytes) => log.push(`${name} ${bytes.join()}`))
    connection.onClose((reason) => log.push(`${name} ${reason ? 'broken' : 'closed'}`))
  }
  note('near', near)
  note('far', far)
  return { near, far, log, address: listener.address }
}

describe('faults of the simulated network', () => {
  test('a cut holds back one direction, and delivers when mended', async () => {
    const world = makeWorld()
    const { near, far, log } = await connectPair(world)
    world.network.cut('client', 'node')
    near.write([Uint8Array.of(1)])
    near.destroy()
    far.write([Uint8Array.of(2)])
    await world.scheduler.advance(100)
    assert.deepEqual(log, ['near closed'])
    world.network.mend('client', 'node')
    await world.scheduler.advance(100)
    assert.deepEqual(log, ['near closed', 'far 1', 'far broken'])
  })

  test('a crash is noticed by the other end, and the dead process hears nothing', async () => {
    const world = makeWorld()
    const { near, log, address } = await connectPair(world)
    const before = world.network.host('node')
    world.network.crash('node')
    near.write([Uint8Array.of(1)])
    await world.scheduler.advance(100)
    assert.deepEqual(log, ['near broken'])
    const client = world.network.host('client')
    await world.run(
      assert.rejects(client.connect(address, { timeoutMs: 1000 }), (error) =>
        hasCode(error, 'NODE_UNREACHABLE'),
      ),
    )
    await before.listen(address, () => assert.fail('a dead process accepts nothing'))
    await world.network.host('node').listen(address, () => {})
    await world.run(client.connect(address, { timeoutMs: 1000 }))
  })

  test('a silent crash is not noticed', async () => {
    const world = makeWorld()
    const { log } = await connectPair(world)
    world.network.crash('node', { silent: true })
    await world.scheduler.advance(1000)
    assert.deepEqual(log, [])
  })

  test('a reset breaks both ends', async () => {
    const world = makeWorld()
    const { log } = await connectPair(world)
    world.network.reset('node', 'client')
    await world.scheduler.advance(1)
    assert.deepEqual(log.toSorted(), ['far broken', 'near broken'])
  })

  test('connects can hang and be refused', async () => {
    for (const mode of ['hang', 'refuse'] as const) {
      const world = makeWorld()
      const { address } = await connectPair(world)
      world.network.setConnects('node', mode)
      const startMs = world.scheduler.nowMs
      await world.run(
        assert.rejects(
          world.network.host('client').connect(address, { timeoutMs: 1000 }),
          (error) => hasCode(error, 'NODE_UNREACHABLE'),
        ),
      )
      assert.equal(world.scheduler.nowMs - startMs >= 1000, mode === 'hang')
    }
  })

  test('a slow link takes its time, and bits flip where told to', async () => {
    const world = makeWorld()
    const { near, log } = await connectPair(world)
    world.network.setLink('client', 'node', { bytesPerMs: 10, latencyMs: 5, flipChance: 1 })
    near.write([new Uint8Array(100)])
    await world.scheduler.advance(14)
    assert.equal(log.length, 0)
    await world.scheduler.advance(2)
    const [name, bytes] = log[0]!.split(' ')
    assert.equal(name, 'far')
    assert.equal(bytes!.split(',').filter((byte) => byte !== '0').length, 1)
  })

  test('one seed gives one run', async () => {
    const traces: string[] = []
    for (const seed of [5, 5, 6]) {
      const world = makeWorld(seed)
      const { near, far, log } = await connectPair(world)
      for (let turn = 0; turn < 20; turn += 1) {
        near.write([new Uint8Array(turn + 1)])
        far.write([new Uint8Array(turn + 1)])
      }
      await world.scheduler.advance(50)
      traces.push(log.map((line) => line.length).join())
    }
    assert.equal(traces[0], traces[1])
    assert.notEqual(traces[0], traces[2])
  })
})
