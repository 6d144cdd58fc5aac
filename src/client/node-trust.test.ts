import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { NodeTrust } from './node-trust.ts'

test('a fault is forgotten after a while, twice as long each time, up to a bound', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const trust = new NodeTrust(scheduler.clock())
  for (let forMs = limits.nodeDistrustMs; forMs <= limits.nodeDistrustMaxMs * 2; forMs *= 2) {
    trust.note('n1', 'slow')
    // Once more within that time changes nothing.
    trust.note('n1', 'slow')
    const boundMs = Math.min(forMs, limits.nodeDistrustMaxMs)
    await scheduler.advance(boundMs - 1)
    assert.equal(trust.has('n1', 'slow'), true, `after ${boundMs - 1} ms`)
    await scheduler.advance(2)
    assert.equal(trust.has('n1', 'slow'), false, `after ${boundMs + 1} ms`)
  }
})

test('good news end it, of this fault and this node alone', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const trust = new NodeTrust(scheduler.clock())
  trust.note('n1', 'slow')
  trust.note('n1', 'silent')
  trust.note('n2', 'slow')
  trust.forget('n1', 'slow')
  assert.deepEqual(
    [trust.has('n1', 'slow'), trust.has('n1', 'silent'), trust.has('n2', 'slow')],
    [false, true, true],
  )
  trust.note('n1', 'slow')
  await scheduler.advance(limits.nodeDistrustMs + 1)
  assert.equal(trust.has('n1', 'slow'), false)
})
