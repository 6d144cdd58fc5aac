import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleSeeds } from '../testing/format-samples.ts'
import { assertCanonicalCodec } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  decodeStatement,
  encodeStatement,
  signStatement,
  statementBytesMax,
  type Statement,
} from './statement.ts'

const primitives = createNativePrimitives()
const statement: Statement = {
  vault: sampleIds.vault,
  writer: sampleIds.account,
  term: 3,
  seen: { n: 7, h: ramp(1, 32) },
  operationHashes: [ramp(2, 32), ramp(3, 32)],
}

test('statements are canonical', () => {
  const codec = { decode: decodeStatement, encode: encodeStatement }
  assertCanonicalCodec(encodeStatement(statement), codec)
})

test('the longest statement has the size it says', () => {
  const operationHashes = Array.from({ length: limits.commitOperationsMax }, (_, at) =>
    ramp(at, 32),
  )
  const bytes = encodeStatement({ ...statement, operationHashes })
  assert.equal(bytes.length, statementBytesMax)
  assert.equal(decodeStatement(bytes).operationHashes.length, limits.commitOperationsMax)
})

test('no, too many and missing operations are refused', () => {
  const head = encodeStatement(statement).slice(0, -68)
  for (const count of [0, 1025, 0xffffffff, 3]) {
    const hashes = new Uint8Array(64)
    const bytes = new ByteWriter().fixed(head).u32(count).fixed(hashes).finish()
    assert.throws(() => decodeStatement(bytes), { code: 'MALFORMED' })
  }
  assert.throws(() => encodeStatement({ ...statement, operationHashes: [] }), /0 operations/)
})

test('the writer signs just the bytes', () => {
  const signed = signStatement(primitives, statement, sampleSeeds.account)
  const key = primitives.signingPublicKey(sampleSeeds.account)
  assert.ok(primitives.verify(key, signed.statement, signed.signature))
  assert.deepEqual(signed.statement, encodeStatement(statement))
})
