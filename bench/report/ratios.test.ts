import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ratioTable } from './ratios.ts'

const figure = (subject: string, ...values: number[]) =>
  ({ what: 'put', subject, unit: 'MB/s', values }) as const

test('medians are compared with the best that encrypts and with the best of all', () => {
  const figures = [
    figure('ours', 300, 100, 200),
    figure('slow', 20, 30, 25),
    figure('sealing', 50),
    figure('open', 400),
  ]
  const { rows } = ratioTable(figures, { ours: 'ours', encrypting: new Set(['slow', 'sealing']) })
  assert.deepEqual(rows, [['put', '200', '50.0 (sealing)', '4.00 ×', '400 (open)', '0.50 ×']])
})

test('where none encrypts the cells are empty', () => {
  const figures = [figure('ours', 10), figure('open', 20)]
  const { rows } = ratioTable(figures, { ours: 'ours', encrypting: new Set() })
  assert.deepEqual(rows, [['put', '10.0', '', '', '20.0 (open)', '0.50 ×']])
})
