import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { domain, label, labelledHash, labelledKeyedHash } from './hashing.ts'

const primitives = createNativePrimitives()

test('a label goes before the parts with its length', () => {
  const whole = concatBytes([Uint8Array.of(13), utf8('holdfast/1 ab'), utf8('c')])
  assert.deepEqual(labelledHash(primitives, label('ab'), utf8('c')), primitives.blake3(whole))
  const key = new Uint8Array(32).fill(9)
  assert.deepEqual(
    labelledKeyedHash(primitives, { key, label: label('ab') }, utf8('c')),
    primitives.blake3Keyed(key, whole),
  )
})

test('a longer label never meets a longer part', () => {
  const one = labelledHash(primitives, label('a'), utf8('bc'))
  assert.notDeepEqual(one, labelledHash(primitives, label('ab'), utf8('c')))
})

test('labels and domains share their beginning', () => {
  assert.deepEqual(domain('ticket'), utf8('holdfast/1 ticket'))
  assert.throws(() => label('a'.repeat(245)), /255/)
})
