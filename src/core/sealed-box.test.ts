import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../base/bytes.ts'
import { ramp } from '../testing/format-samples.ts'
import { assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { checkFormat, openBox, sealBox } from './sealed-box.ts'

const primitives = createNativePrimitives()
const box = { key: ramp(1, 32), context: utf8('place') }
const sealed = sealBox(primitives, { ...box, nonce: ramp(2, 12), parts: [ramp(3, 20), ramp(4, 9)] })
const codes = ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] as const

function open(bytes: Uint8Array): Uint8Array {
  return openBox(primitives, { ...box, what: 'box' }, bytes)
}

test('only the bytes that were sealed open', () => {
  assert.deepEqual(open(sealed), Uint8Array.of(...ramp(3, 20), ...ramp(4, 9)))
  assertOnlyThese(sealed, open, { codes })
})

test('another place or key opens nothing', () => {
  const moved = { ...box, context: utf8('other'), what: 'box' }
  const stolen = { ...box, key: ramp(2, 32), what: 'box' }
  assert.throws(() => openBox(primitives, moved, sealed), { code: 'RECORD_FORGED', message: /box/ })
  assert.throws(() => openBox(primitives, stolen, sealed), { code: 'RECORD_FORGED' })
})

test('formats that are not there yet are told from those that never were', () => {
  assert.throws(() => checkFormat(0, 'thing'), { code: 'MALFORMED' })
  assert.throws(() => checkFormat(2, 'thing'), {
    code: 'VERSION_UNSUPPORTED',
    message: /is 2.*knows 1/,
  })
  checkFormat(1, 'thing')
})
