import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../base/logger.ts'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { BackgroundLoop, type BackgroundService } from './background-loop.ts'

function world(service: BackgroundService): { scheduler: Scheduler; loop: BackgroundLoop } {
  const scheduler = new Scheduler(new SeededRandom(1))
  const loop = new BackgroundLoop(service, {
    name: 'test',
    clock: scheduler.clock(),
    logger: silentLogger,
    idleMs: 10,
    idleMaxMs: 40,
  })
  return { scheduler, loop }
}

await test('works without pause while there is work, and waits longer while there is none', async () => {
  const steps: number[] = []
  const work = [true, true, false, false, false, false]
  const { scheduler, loop } = world({
    step() {
      steps.push(scheduler.nowMs)
      return Promise.resolve(work[steps.length - 1] ?? false)
    },
  })
  loop.start()
  await scheduler.advance(120)
  assert.deepEqual(steps, [0, 0, 0, 10, 30, 70, 110])
  await loop.stop()
})

await test('is woken', async () => {
  const steps: number[] = []
  const { scheduler, loop } = world({
    step() {
      steps.push(scheduler.nowMs)
      return Promise.resolve(false)
    },
  })
  loop.start()
  await scheduler.advance(15)
  loop.wake()
  await scheduler.advance(1)
  assert.deepEqual(steps, [0, 10, 15])
  await loop.stop()
})

await test('goes on after a failure, and ends when stopped', async () => {
  let steps = 0
  const { scheduler, loop } = world({
    step() {
      steps += 1
      return Promise.reject(new Error('as planned'))
    },
  })
  loop.start()
  await scheduler.advance(35)
  assert.equal(steps, 3)
  await loop.stop()
  await scheduler.advance(100)
  assert.equal(steps, 3)
})

await test('stopping waits for the unit under way and tells it', async () => {
  const { loop } = world({
    step: (signal) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  })
  loop.start()
  await loop.stop()
})
