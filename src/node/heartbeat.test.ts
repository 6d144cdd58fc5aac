import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { ControlRequest } from '../wire/control.ts'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { startHeartbeat } from './heartbeat.ts'

const report = { node: '00'.repeat(16), term: 1 } as ControlRequest<'heartbeat'>

test('a heart beats at its pace, says once that nobody listens, and stops', async () => {
  const scheduler = new Scheduler(new SeededRandom(1))
  const log: string[] = []
  const note = (event: string): void => void log.push(event)
  const logger: Logger = { debug: note, info: note, warn: note, error: note }
  let [sent, isDown] = [0, false]
  const learned: number[] = []
  const heartbeat = startHeartbeat({
    clock: scheduler.clock(),
    logger,
    report: async () => report,
    send: async () => {
      sent += 1
      if (isDown) throw new HoldfastError('COORDINATOR_UNREACHABLE', 'gone')
      return { timeMs: scheduler.nowMs, term: 1 }
    },
    learn: async ({ timeMs }) => void learned.push(timeMs),
  })
  await scheduler.advance(10 * limits.heartbeatMs)
  assert.ok(sent >= 10 && sent <= 11)
  assert.equal(learned.length, sent)
  isDown = true
  await scheduler.advance(5 * limits.heartbeatMs)
  isDown = false
  await scheduler.advance(5 * limits.heartbeatMs)
  assert.deepEqual(log, ['coordinator does not answer', 'coordinator answers again'])
  await heartbeat.stop()
  const before = sent
  await scheduler.advance(5 * limits.heartbeatMs)
  assert.equal(sent, before)
})
