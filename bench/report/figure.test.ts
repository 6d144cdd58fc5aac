import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Usage } from '../processes/usage.ts'
import { latencyTable, rateFigure, roundsTable } from './figure.ts'

const MiB = 1024 * 1024

function usage(seconds: number, peakMiB: number): Usage {
  return {
    seconds,
    client: { processorSeconds: seconds / 2, peakBytes: peakMiB * MiB },
    servers: [
      { name: 'coordinator', processorSeconds: 1, peakBytes: 10 * MiB },
      { name: 'n1', processorSeconds: 2, peakBytes: 30 * MiB },
    ],
  }
}

test('rates come from the amount and the wall time of each round', () => {
  const usages = [usage(2, 50), usage(4, 70)]
  const bytes = rateFigure({ what: 'put', subject: 'us', unit: 'MB/s' }, { amount: 8e6, usages })
  assert.deepEqual(bytes.values, [4, 2])
  const files = rateFigure({ what: 'put', subject: 'us', unit: 'files/s' }, { amount: 80, usages })
  assert.deepEqual(files.values, [40, 20])
})

test('a table of rounds has median, range, the sum of the servers and the largest peaks', () => {
  const usages = [usage(2, 50), usage(4, 70)]
  const figure = rateFigure({ what: 'put', subject: 'us', unit: 'MB/s' }, { amount: 8e6, usages })
  const { rows } = roundsTable('t', [
    figure,
    { what: 'bare', subject: 'x', unit: 'MB/s', values: [5] },
  ])
  assert.deepEqual(rows, [
    ['put', 'us', '3.00', '2.00–4.00', 'MB/s', '1.50', '3.00', '70', '30'],
    ['bare', 'x', '5.00', '5.00', 'MB/s'],
  ])
})

test('a table of latencies has the quantiles', () => {
  const values = Array.from({ length: 100 }, (_, at) => at + 1)
  const { rows } = latencyTable('t', [{ what: 'put', subject: 'us', unit: 'ms', values }])
  assert.deepEqual(rows, [['put', 'us', '100', '50.0', '95.0', '99.0', '100', 'ms']])
})
