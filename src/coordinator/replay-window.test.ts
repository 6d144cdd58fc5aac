import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { ReplayWindow } from './replay-window.ts'

function world(): { scheduler: Scheduler; window: ReplayWindow } {
  const scheduler = new Scheduler(new SeededRandom(1))
  const options = { windowMs: 1000, requestsPerSessionMax: 3 }
  return { scheduler, window: new ReplayWindow(scheduler.clock(), options) }
}

await test('an id is new once, for each session by itself', () => {
  const { window } = world()
  assert.equal(window.take('a', '1'), 'new')
  assert.equal(window.take('a', '1'), 'seen')
  assert.equal(window.take('b', '1'), 'new')
})

await test('an id is remembered for at least the window, and forgotten after two', async () => {
  const { scheduler, window } = world()
  await scheduler.advance(999)
  window.take('a', '1')
  await scheduler.advance(999)
  assert.equal(window.take('a', '1'), 'seen')
  await scheduler.advance(2000)
  assert.equal(window.take('a', '1'), 'new')
})

await test('a session uses a bounded number of ids', () => {
  const { window } = world()
  for (const id of ['1', '2', '3']) assert.equal(window.take('a', id), 'new')
  assert.equal(window.take('a', '4'), 'full')
  assert.equal(window.take('b', '4'), 'new')
})
