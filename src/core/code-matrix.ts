/**
 * Erasure code 1 as matrices over GF(2^8): which combination of k shards gives another one. Rows are shards,
 * columns data shards (docs/format.md, section 4).
 */
import { assert } from '../base/assert.ts'
import { inverse, multiply, powerOf2 } from './galois.ts'

type Row = Uint8Array

/** Shard `index` in terms of the k data shards. */
export function generatorRow(k: number, index: number): Uint8Array {
  const row = new Uint8Array(k)
  if (index < k) row[index] = 1
  else for (let column = 0; column < k; column += 1) row[column] = powerOf2(column * (index - k))
  return row
}

/** The inverse of a square matrix; undefined when there is none. */
export function invert(matrix: readonly Uint8Array[]): Uint8Array[] | undefined {
  const size = matrix.length
  const work = matrix.map((row, at) => {
    const wide = new Uint8Array(2 * size)
    wide.set(row)
    wide[size + at] = 1
    return wide
  })
  for (let column = 0; column < size; column += 1) {
    if (!eliminate(work, column)) return undefined
  }
  return work.map((row) => row.subarray(size))
}

/** Makes `column` that of the unit matrix; false when it cannot be. */
function eliminate(work: Row[], column: number): boolean {
  const pivotAt = work.findIndex((row, at) => at >= column && row[column] !== 0)
  if (pivotAt < 0) return false
  const pivot = work[pivotAt]!
  work[pivotAt] = work[column]!
  work[column] = pivot
  const factor = inverse(pivot[column]!)
  for (let at = 0; at < pivot.length; at += 1) pivot[at] = multiply(pivot[at]!, factor)
  for (const row of work) if (row !== pivot) addMultiple(row, pivot, row[column]!)
  return true
}

function addMultiple(row: Row, other: Row, factor: number): void {
  if (factor === 0) return
  for (let at = 0; at < row.length; at += 1) row[at]! ^= multiply(other[at]!, factor)
}

/** For each wanted shard the coefficients of the k present ones, in their order. */
export function combinationRows(
  k: number,
  shards: { readonly present: readonly number[]; readonly wanted: readonly number[] },
): Uint8Array[] {
  const { present, wanted } = shards
  assert(present.length === k && new Set(present).size === k, 'k different shards are needed')
  const toPresent = invert(present.map((index) => generatorRow(k, index)))
  assert(toPresent, 'any k shards of the code can be inverted')
  return wanted.map((index) => {
    const row = new Uint8Array(k)
    generatorRow(k, index).forEach((factor, at) => addMultiple(row, toPresent[at]!, factor))
    return row
  })
}
