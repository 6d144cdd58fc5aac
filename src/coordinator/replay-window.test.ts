import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReplayWindow } from './replay-window.ts'

const skewMs = 1000

function world(limits: { readonly session?: number; readonly all?: number } = {}) {
  const time = { ms: 50_000, nowMs: () => time.ms }
  const { session: requestsPerSessionMax = 100, all: requestsMax = 1000 } = limits
  const window = new ReplayWindow(time, { skewMs, requestsPerSessionMax, requestsMax })
  const take = (session: string, id: string, timeMs = time.ms) =>
    window.take(session, { id, timeMs })
  return { time, take }
}

test('an id is new once, for each session by itself', () => {
  const { take } = world()
  assert.equal(take('a', '1'), 'new')
  assert.equal(take('a', '1'), 'seen')
  assert.equal(take('b', '1'), 'new')
})

test('an id is remembered while its time would be taken, wherever in the slice it is', () => {
  for (const ahead of [-skewMs, -1, 0, 1, skewMs]) {
    for (let start = 50_000; start < 50_300; start += 37) {
      const { time, take } = world()
      time.ms = start
      const timeMs = start + ahead
      assert.equal(take('a', '1', timeMs), 'new')
      while (time.ms <= timeMs + skewMs) {
        assert.equal(take('a', '1', timeMs), 'seen', `${ahead} ${start} ${time.ms}`)
        time.ms += 73
      }
    }
  }
})

test('a session uses a bounded number of ids, and gets room again', () => {
  const { time, take } = world({ session: 3 })
  for (const id of ['1', '2', '3']) assert.equal(take('a', id), 'new')
  assert.equal(take('a', '4'), 'full')
  assert.equal(take('b', '4'), 'new')
  time.ms += 2 * skewMs
  for (const id of ['1', '2', '3']) assert.equal(take('a', id), 'new')
})

test('when all together use too many, those who use less than their share go on', () => {
  const { take } = world({ all: 8 })
  for (let id = 0; id < 8; id += 1) assert.equal(take('a', `${id}`), 'new')
  assert.equal(take('a', '8'), 'full')
  for (let id = 0; id < 2; id += 1) assert.equal(take('b', `${id}`), 'new')
  assert.equal(take('a', '8'), 'full')
})
