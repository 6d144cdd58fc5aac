import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitOf } from './limit.ts'

const stage = (nanosecondsPerByte: number) =>
  ({ name: 'a stage', where: 'client', nanosecondsPerByte }) as const

test('all cores share all stages', () => {
  const limit = limitOf([stage(1.5), stage(0.5)], { cores: 2, diskNanosecondsPerByte: 0.1 })
  assert.deepEqual(limit, { bytesPerSecond: 1e9, decidedBy: 'processor' })
})

test('a slow disk decides', () => {
  const limit = limitOf([stage(1)], { cores: 4, diskNanosecondsPerByte: 2 })
  assert.deepEqual(limit, { bytesPerSecond: 5e8, decidedBy: 'disk' })
})
