import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '../base/encoding.ts'
import { ramp, sampleOperation, sampleRecord } from '../testing/format-samples.ts'
import { assertCanonicalCodec } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  decodeOperation,
  encodeOperation,
  operationBytesMax,
  operationHash,
  type Operation,
} from './operation.ts'

const primitives = createNativePrimitives()
const operation = sampleOperation(primitives)
const codec = { decode: decodeOperation, encode: encodeOperation }

test('operations are canonical, of each kind', () => {
  assertCanonicalCodec(encodeOperation(operation), codec)
  const variants: Partial<Operation>[] = [
    { previous: undefined },
    { tombstone: true, chunkCount: 0 },
    { kind: 'folder', implicit: true, chunkCount: 0 },
    { kind: 'folder', implicit: true, tombstone: true, chunkCount: 0 },
    { kind: 'link', chunkCount: 1 },
  ]
  for (const variant of variants) {
    const changed = { ...operation, ...variant }
    const bytes = encodeOperation(changed)
    assert.deepEqual({ ...decodeOperation(bytes) }, changed)
    assert.ok(bytes.length <= operationBytesMax)
  }
})

test('what cannot be is not encoded', () => {
  const wrong: [why: RegExp, change: Partial<Operation>][] = [
    [/id of zeros/, { entry: new Uint8Array(16) }],
    [/id of zeros/, { version: new Uint8Array(16) }],
    [/id of zeros/, { previous: new Uint8Array(16) }],
    [/generation 0/, { generation: 0 }],
    [/implicit file/, { implicit: true }],
    [/no content/, { tombstone: true }],
    [/no content/, { kind: 'folder' }],
    [/sealed record of 540/, { sealedRecord: ramp(1, 540) }],
    [/sealed name of 30/, { sealedName: ramp(1, 30) }],
    [/sealed name of 29/, { sealedName: ramp(1, 29) }],
    [/an entry id has 16 bytes/, { entry: ramp(1, 15) }],
  ]
  for (const [why, change] of wrong) {
    assert.throws(() => encodeOperation({ ...operation, ...change }), why)
  }
})

test('huge lengths are refused before anything is taken', () => {
  const bytes = encodeOperation(operation)
  const nameLengthAt = 3 + 32 + 32 + 4
  const huge = new ByteWriter().u32(0xffffffff).finish()
  const changed = bytes.slice()
  changed.set(huge, nameLengthAt)
  assert.throws(() => decodeOperation(changed), {
    code: 'MALFORMED',
    message: /4294967295 is over/,
  })
})

test('hashes tell operations apart', () => {
  const other = encodeOperation({ ...operation, chunkCount: sampleRecord.chunkCount + 1 })
  const hash = operationHash(primitives, encodeOperation(operation))
  assert.notDeepEqual(operationHash(primitives, other), hash)
})
