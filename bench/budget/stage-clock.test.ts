import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StageClock } from './stage-clock.ts'

function busy(ms: number): number {
  const endMs = performance.now() + ms
  let turns = 0
  while (performance.now() < endMs) turns += 1
  return turns
}

test('parts are counted to their stages, what lies between them to the rest', () => {
  const clock = new StageClock()
  const turns = clock.all(() => {
    busy(5)
    return clock.time('a', () => busy(20)) + clock.time('a', () => busy(20))
  })
  clock.all(() => clock.time('b', () => busy(5)))
  assert.ok(turns > 0)
  const spent = clock.nanoseconds()
  assert.deepEqual([...spent.keys()], ['a', 'b', 'rest'])
  assert.ok(spent.get('a')! > spent.get('b')!)
  assert.ok(spent.get('rest')! > 0)
})
