import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bounded } from './bounded.ts'

test('runs so many at once, the others in the order they came', async () => {
  const bounded = new Bounded(2)
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const begun: number[] = []
  for (const [at, gate] of gates.entries()) {
    bounded.begin(() => {
      begun.push(at)
      return gate.promise
    })
  }
  assert.deepEqual(begun, [0, 1])
  let idle = false
  const ended = (async () => {
    await bounded.idle()
    idle = true
  })()
  gates[1]!.resolve()
  await Promise.resolve()
  await Promise.resolve()
  assert.deepEqual(begun, [0, 1, 2])
  assert.equal(idle, false)
  for (const gate of gates) gate.resolve()
  await ended
  assert.deepEqual(begun, [0, 1, 2, 3])
})

test('the first failure keeps what waits from beginning, and is told when nothing runs', async () => {
  const bounded = new Bounded(1)
  const gate = Promise.withResolvers<void>()
  await bounded.run(() => gate.promise)
  const second = bounded.run(() => assert.fail('it must not begin'))
  gate.reject(new Error('first'))
  await assert.rejects(second, /first/)
  await assert.rejects(bounded.idle(), /first/)
  await bounded.settled()
  await assert.rejects(
    bounded.run(() => Promise.resolve()),
    /first/,
  )
})

test('nothing to do is idle at once', async () => {
  await new Bounded(3).idle()
})
