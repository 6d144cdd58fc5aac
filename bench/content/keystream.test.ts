import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keystream } from './keystream.ts'

const MiB = 1024 * 1024

test('the same seed gives the same bytes, in pieces of whatever size', () => {
  const whole = Buffer.concat([...new Keystream('a').pieces(2 * MiB + 5)])
  assert.equal(whole.length, 2 * MiB + 5)
  const stream = new Keystream('a')
  const parts = [stream.next(1), stream.next(4095), stream.next(10)]
  assert.deepEqual(Buffer.concat(parts), whole.subarray(0, 4106))
})

test('another seed gives other bytes', () => {
  assert.notDeepEqual(new Keystream('a').next(32), new Keystream('b').next(32))
})

test('no bytes are no pieces', () => {
  assert.deepEqual([...new Keystream('a').pieces(0)], [])
})
