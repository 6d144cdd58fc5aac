import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pace } from './pace.ts'

test('after silence a burst passes at once, what follows waits its turn', () => {
  const pace = new Pace(1_000_000, { burstMs: 10 })
  assert.equal(pace.delayMs(10_000, 0), 0)
  assert.equal(pace.delayMs(5000, 0), 5)
  assert.equal(pace.delayMs(5000, 0), 10)
  assert.equal(pace.delayMs(5000, 20), 0)
})

test('silence saves up no more than the burst', () => {
  const pace = new Pace(1_000_000, { burstMs: 10 })
  pace.delayMs(1000, 0)
  assert.equal(pace.delayMs(10_000, 60_000), 0)
  assert.equal(pace.delayMs(1000, 60_000), 1)
})

test('in no stretch more passes than rate and burst allow', () => {
  const steps = fc.array(fc.record({ bytes: fc.nat(100_000), pauseMs: fc.nat(50) }), {
    minLength: 1,
  })
  fc.assert(
    fc.property(steps, (list) => {
      const pace = new Pace(1_000_000, { burstMs: 10 })
      let [nowMs, bytes] = [0, 0]
      for (const step of list) {
        bytes += step.bytes
        nowMs += step.pauseMs + pace.delayMs(step.bytes, nowMs + step.pauseMs)
        assert.ok(bytes <= (nowMs + 10) * 1000 + 1)
      }
    }),
    { seed: 1 },
  )
})
