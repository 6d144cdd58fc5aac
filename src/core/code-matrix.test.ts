import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowMultiply, slowPowerOf2 } from '../testing/reference/erasure-code.ts'
import { combinationRows, generatorRow, invert } from './code-matrix.ts'
import { inverse, multiply, powerOf2 } from './galois.ts'

test('the field is the one of the definition', () => {
  for (let left = 0; left < 256; left += 1) {
    for (let right = 0; right < 256; right += 1) {
      assert.equal(multiply(left, right), slowMultiply(left, right))
    }
    if (left > 0) assert.equal(multiply(left, inverse(left)), 1)
  }
  for (let exponent = 0; exponent < 300; exponent += 1) {
    assert.equal(powerOf2(exponent), slowPowerOf2(exponent))
  }
})

/** Every choice of columns for the given parity rows can be inverted. */
function minorsInvert(rows: readonly Uint8Array[], columns: readonly number[], from = 0): boolean {
  if (columns.length === rows.length) {
    return (
      invert(rows.map((row) => Uint8Array.from(columns, (column) => row[column]!))) !== undefined
    )
  }
  for (let column = from; column < 16; column += 1) {
    if (!minorsInvert(rows, [...columns, column], column + 1)) return false
  }
  return true
}

test('the code is MDS for all k to 16 and m to 4', () => {
  // A code is MDS when every square part of its parity matrix can be inverted; smaller k and m are parts.
  for (let chosen = 1; chosen < 16; chosen += 1) {
    const parities = [0, 1, 2, 3].filter((parity) => (chosen & (1 << parity)) !== 0)
    const rows = parities.map((parity) => generatorRow(16, 16 + parity))
    assert.ok(minorsInvert(rows, []), `parity ${parities.join()}`)
  }
})

test('an inverse times its matrix is the unit matrix', () => {
  const matrix = [3, 1, 5, 4].map((index) => generatorRow(4, index))
  const inverted = invert(matrix)
  assert.ok(inverted)
  const product = matrix.map((row) =>
    [0, 1, 2, 3].map((column) =>
      row.reduce((sum, factor, at) => sum ^ slowMultiply(factor, inverted[at]![column]!), 0),
    ),
  )
  assert.deepEqual(product, [
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ])
})

test('a singular matrix has no inverse', () => {
  assert.equal(invert([Uint8Array.of(1, 2), Uint8Array.of(1, 2)]), undefined)
})

test('with all data shards there, the rows are those of the generator', () => {
  const rows = combinationRows(3, { present: [0, 1, 2], wanted: [1, 4] })
  assert.deepEqual(rows, [generatorRow(3, 1), generatorRow(3, 4)])
})
