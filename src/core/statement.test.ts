import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleSeeds } from '../testing/format-samples.ts'
import { assertCanonicalCodec } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import type { ListedOperation } from './listed-operation.ts'
import {
  decodeStatement,
  encodeStatement,
  signStatement,
  statementBytesMax,
  type Statement,
} from './statement.ts'

const primitives = createNativePrimitives()
function listed(number: number): ListedOperation {
  const { entry, vault: parent, version, previous } = sampleIds
  const ids = { entry, parent, version, previous: number % 2 === 0 ? previous : undefined }
  return { kind: 'file', tombstone: false, implicit: false, ...ids, hash: ramp(number, 32) }
}

const statement: Statement = {
  vault: sampleIds.vault,
  writer: sampleIds.account,
  term: 3,
  seen: { n: 7, h: ramp(1, 32) },
  operations: [listed(2), listed(3)],
}

test('statements are canonical', () => {
  const codec = { decode: decodeStatement, encode: encodeStatement }
  assertCanonicalCodec(encodeStatement(statement), codec)
})

test('the longest statement has the size it says', () => {
  const operations = Array.from({ length: limits.commitOperationsMax }, (_, at) => listed(at))
  const bytes = encodeStatement({ ...statement, operations })
  assert.equal(bytes.length, statementBytesMax)
  assert.equal(decodeStatement(bytes).operations.length, limits.commitOperationsMax)
})

test('no, too many and missing operations are refused', () => {
  const head = encodeStatement(statement).slice(0, -4 - 2 * 98)
  for (const count of [0, 1025, 0xffffffff, 3]) {
    const two = encodeStatement(statement).slice(-2 * 98)
    const bytes = new ByteWriter().fixed(head).u32(count).fixed(two).finish()
    assert.throws(() => decodeStatement(bytes), { code: 'MALFORMED' })
  }
  assert.throws(() => encodeStatement({ ...statement, operations: [] }), /0 operations/)
})

test('what cannot be listed is refused', () => {
  const wrong: [why: RegExp, change: Partial<ListedOperation>][] = [
    [/id of zeros/, { entry: new Uint8Array(16) }],
    [/id of zeros/, { version: new Uint8Array(16) }],
    [/id of zeros/, { previous: new Uint8Array(16) }],
    [/implicit file/, { implicit: true }],
    [/an entry id has 16 bytes/, { entry: ramp(1, 15) }],
  ]
  for (const [why, change] of wrong) {
    const operations = [{ ...listed(2), ...change }]
    assert.throws(() => encodeStatement({ ...statement, operations }), why)
  }
})

test('the writer signs just the bytes', () => {
  const signed = signStatement(primitives, statement, sampleSeeds.account)
  const key = primitives.signingPublicKey(sampleSeeds.account)
  assert.ok(primitives.verify(key, signed.statement, signed.signature))
  assert.deepEqual(signed.statement, encodeStatement(statement))
})
