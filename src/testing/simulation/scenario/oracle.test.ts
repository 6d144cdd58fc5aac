import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absent, Oracle } from './oracle.ts'
import type { Moment, Value } from './oracle.ts'

const path = 'a'

function reading(oracle: Oracle, from: Moment = oracle.tick()) {
  return (value: Value): boolean =>
    oracle.complaint({ path, value, from, to: oracle.tick() }) === undefined
}

await test('nothing is there before anything was put', () => {
  const oracle = new Oracle()
  assert.ok(reading(oracle)(absent))
  assert.ok(!reading(oracle)('x'))
})

await test('what was acknowledged is there, and nothing before it', () => {
  const oracle = new Oracle()
  const put = oracle.begin(path, 'x')
  assert.ok(reading(oracle)(absent))
  assert.ok(reading(oracle)('x'))
  oracle.acknowledge(put)
  assert.ok(reading(oracle)('x'))
  assert.ok(!reading(oracle)(absent))
})

await test('what was asked for at one time may come in any order', () => {
  const oracle = new Oracle()
  const [x, y] = [oracle.begin(path, 'x'), oracle.begin(path, 'y')]
  oracle.acknowledge(x)
  oracle.acknowledge(y)
  assert.ok(reading(oracle)('x'))
  assert.ok(reading(oracle)('y'))
  oracle.acknowledge(oracle.begin(path, 'z'))
  assert.ok(!reading(oracle)('x'))
  assert.ok(!reading(oracle)('y'))
})

await test('what failed may be there later, or never', () => {
  const oracle = new Oracle()
  oracle.begin(path, 'lost answer')
  oracle.acknowledge(oracle.begin(path, 'x'))
  assert.ok(reading(oracle)('x'))
  assert.ok(reading(oracle)('lost answer'))
})

await test('a reader that began before a change may see either', () => {
  const oracle = new Oracle()
  const begun = oracle.tick()
  oracle.acknowledge(oracle.begin(path, 'x'))
  const sees = reading(oracle, begun)
  assert.ok(sees(absent))
  assert.ok(sees('x'))
})

await test('what is withdrawn was never there', () => {
  const oracle = new Oracle()
  oracle.withdraw(oracle.begin(path, 'x'))
  assert.ok(!reading(oracle)('x'))
})
