import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeProtocolVectors, readProtocolVectors } from '../../scripts/make-protocol-vectors.ts'
import { concatBytes } from '../base/bytes.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { createNativePrimitives } from '../core/adapters/native-primitives.ts'
import { assertCanonicalCodec, assertOnlyThese } from '../testing/hostile.ts'
import { messageSamples, sampleHandshake } from '../testing/vectors/protocol-samples.ts'
import { decodeError, encodeError } from './answers.ts'
import { agreeOnVersion, decodeHello, encodeHello, openProve, openWelcome } from './handshake.ts'
import { decodeHave, decodeList, encodeList } from './requests.ts'

const primitives = createNativePrimitives()

test('frames are those that are written down', () => {
  assert.deepEqual(makeProtocolVectors(), readProtocolVectors())
})

describe('messages live through hostile bytes:', () => {
  for (const [name, { payload, again }] of Object.entries(messageSamples)) {
    if (name === 'error') continue
    test(name, () => assertCanonicalCodec(payload, { decode: again, encode: (same) => same }))
  }

  test('hello', () => {
    const { hello } = sampleHandshake(primitives)
    for (let length = 0; length < hello.length; length += 1) {
      assert.throws(() => decodeHello(hello.subarray(0, length)))
    }
    assert.throws(() => decodeHello(concatBytes([hello, Uint8Array.of(0)])))
    const later = concatBytes([encodeHello({ ...decodeHello(hello), highest: 7 }), hello])
    assert.equal(agreeOnVersion(decodeHello(later)), 1)
  })

  test('welcome and prove, which nothing but they themselves replaces', () => {
    const { hello, welcome, prove, nodeKey } = sampleHandshake(primitives)
    const codes = ['MALFORMED', 'IDENTITY_MISMATCH', 'FORBIDDEN'] as const
    const said = { hello, identity: nodeKey }
    assertOnlyThese(welcome, (bytes) => openWelcome(primitives, bytes, said), { codes })
    assertOnlyThese(prove, (bytes) => openProve(primitives, bytes, { hello, welcome }), { codes })
    const otherHello = encodeHello({ ...decodeHello(hello), challenge: new Uint8Array(32) })
    assert.throws(() => openWelcome(primitives, welcome, { ...said, hello: otherHello }))
    assert.throws(() => openProve(primitives, prove, { hello: otherHello, welcome }))
  })
})

test('huge counts are refused before anything is made of them', () => {
  const have = Uint8Array.of(255, 255, 1, 2, 3)
  assert.throws(
    () => decodeHave(have),
    (error) => hasCode(error, 'MALFORMED'),
  )
  for (const most of [0, limits.listShardsMax + 1]) {
    const list = encodeList({ after: undefined, most })
    assert.throws(
      () => decodeList(list),
      (error) => hasCode(error, 'MALFORMED'),
    )
  }
})

describe('errors', () => {
  test('cross with code, message and details, and lose what does not fit', () => {
    const error = new HoldfastError('BUSY', 'Too much to do', { details: { at: 5 } })
    const crossed = decodeError(encodeError(error, 1024))
    assert.deepEqual(
      [crossed.code, crossed.message, crossed.details],
      ['BUSY', 'Too much to do', { at: 5 }],
    )
    const long = new HoldfastError('BUSY', 'x'.repeat(5000), { details: { at: 5 } })
    const payload = encodeError(long, 1024)
    assert.ok(payload.length <= 1024)
    assert.deepEqual(decodeError(payload).details, {})
  })

  test('of unknown codes become INTERNAL, and hostile ones MALFORMED', () => {
    const { payload } = messageSamples['error']!
    const changed = payload.slice()
    changed[4] = 'X'.charCodeAt(0)
    assert.equal(decodeError(changed).code, 'INTERNAL')
    for (let length = 0; length < payload.length; length += 1) {
      assert.throws(() => decodeError(payload.subarray(0, length)), HoldfastError)
    }
    const listed = encodeError(new HoldfastError('BUSY', 'm', { details: { at: 5 } }), 1024)
    listed[listed.length - 1] = 0
    assert.throws(
      () => decodeError(listed),
      (error) => hasCode(error, 'MALFORMED'),
    )
  })
})
