import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mebibytesText, numberText, percentText, rangeText, sizeText } from './amounts.ts'

test('numbers keep three digits', () => {
  const shown = [0, 0.0342, 0.3421, 0.9996, 7.1, 9.996, 48.26, 99.96, 1234.4]
  assert.deepEqual(shown.map(numberText), [
    '0.000',
    '0.034',
    '0.342',
    '1.00',
    '7.10',
    '10.0',
    '48.3',
    '100',
    '1,234',
  ])
})

test('a range of one value is one number', () => {
  assert.equal(rangeText([3, 1, 2]), '1.00–3.00')
  assert.equal(rangeText([2, 2.001]), '2.00')
})

test('sizes are told in the largest unit that divides them', () => {
  assert.equal(sizeText(1024 ** 3), '1 GiB')
  assert.equal(sizeText(256 * 1024 ** 2), '256 MiB')
  assert.equal(sizeText(4096), '4 KiB')
  assert.equal(sizeText(1000), '1000 B')
})

test('memory is told in MiB, shares in percent', () => {
  assert.equal(mebibytesText(255.6 * 1024 ** 2), '256')
  assert.equal(percentText(0.034), '3.40 %')
  assert.equal(percentText(0.61), '61.0 %')
})
