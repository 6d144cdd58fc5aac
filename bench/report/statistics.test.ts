import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deviation, mean, median, quantile } from './statistics.ts'

const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 })

test('the median is the middle, and of an even number the mean of the two in the middle', () => {
  assert.equal(median([5]), 5)
  assert.equal(median([9, 1, 4]), 4)
  assert.equal(median([9, 1, 4, 6]), 5)
})

test('a quantile is one of the values, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)
  assert.equal(quantile(hundred, 0.5), 50)
  assert.equal(quantile(hundred, 0.95), 95)
  assert.equal(quantile(hundred, 0.99), 99)
  assert.equal(quantile(hundred, 0), 1)
  assert.equal(quantile(hundred, 1), 100)
  assert.equal(quantile([7], 0.99), 7)
})

test('at least the share of the values is at or below its quantile, and fewer are below it', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(values, share, (list, part) => {
      const found = quantile(list, part)
      assert.ok(list.includes(found))
      assert.ok(list.filter((value) => value <= found).length >= part * list.length)
      assert.ok(list.filter((value) => value < found).length <= part * list.length)
    }),
    { seed: 1 },
  )
})

test('mean and deviation', () => {
  assert.equal(mean([1, 2, 6]), 3)
  assert.equal(deviation([2, 2, 2]), 0)
  assert.equal(deviation([1, 3]), 1)
})

test('no order of the values matters', () => {
  fc.assert(
    fc.property(values, (list) => {
      assert.equal(median(list.toReversed()), median(list))
      assert.equal(quantile(list.toReversed(), 0.9), quantile(list, 0.9))
    }),
    { seed: 2 },
  )
})
