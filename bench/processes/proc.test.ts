import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peakBytes, processorSeconds, readPeak, readProcessor } from './proc.ts'

test('processor time is found behind a name with spaces and parentheses', () => {
  const behind = 'S 1 2 3 0 -1 4194560 9 9 9 9 250 50 700 100 20 0 11 0 5'
  assert.deepEqual(processorSeconds(`42 (a) b (c)) ${behind}`), { own: 3, children: 8 })
})

test('the peak is in bytes, and a process that has ended has none', () => {
  assert.equal(peakBytes('Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n'), 2 << 20)
  assert.equal(peakBytes('Name:\tx\nState:\tZ (zombie)\n'), undefined)
  assert.equal(readPeak(2 ** 22 + 1), undefined)
})

test('this process has used both', () => {
  assert.ok(readPeak(process.pid)! > 1024 * 1024)
  assert.ok(readProcessor('self').own >= 0)
})
