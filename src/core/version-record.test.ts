import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { limits } from '../base/limits.ts'
import {
  ramp,
  sampleIds,
  sampleKeys,
  sampleNonce,
  sampleRecord,
} from '../testing/format-samples.ts'
import { assertCanonicalCodec, assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  decodeVersionRecord,
  encodeVersionRecord,
  openVersionRecord,
  sealedRecordBytes,
  sealVersionRecord,
  type VersionRecord,
} from './version-record.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const codec = { decode: decodeVersionRecord, encode: encodeVersionRecord }
const { entry, version, previous } = sampleIds
const place = { generation: 2, entry, version, previous, listRoot: ramp(1, 32) }
const nothing = { size: 0, chunkCount: 0, digests: [], sha256: new Uint8Array(32) }

test('any record comes back, and all have one size', () => {
  const records = fc
    .record({
      mode: fc.integer({ min: 0, max: 0o7777 }),
      chunkCount: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fill: fc.double({ min: 0, max: 1, noNaN: true }),
      modifiedSeconds: fc.maxSafeInteger(),
      modifiedNanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
      sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      other: fc.uint8Array({ maxLength: 200 }),
    })
    .map(({ fill, other, ...rest }): VersionRecord => {
      const most = Math.min(rest.chunkCount * limits.chunkBytesMax, Number.MAX_SAFE_INTEGER)
      const size = rest.chunkCount + Math.floor(fill * (most - rest.chunkCount))
      const digests = [{ algorithm: 2, digest: other }]
      return { kind: 'file', size, digests, ...rest }
    })
  fc.assert(
    fc.property(records, (record) => {
      const bytes = encodeVersionRecord(record)
      assert.equal(bytes.length, limits.recordBytes)
      assert.deepEqual({ ...decodeVersionRecord(bytes) }, record)
    }),
    { seed: 5, numRuns: 300 },
  )
})

test('records are canonical', () => {
  assertCanonicalCodec(encodeVersionRecord(sampleRecord), codec)
  for (const kind of ['folder', 'tombstone', 'link', 'file'] as const) {
    assertCanonicalCodec(encodeVersionRecord({ ...sampleRecord, ...nothing, kind }), codec)
  }
})

test('what cannot be is not encoded', () => {
  const wrong: [why: RegExp, change: Partial<VersionRecord>][] = [
    [/mode 4096/, { mode: 0o10000 }],
    [/over a second/, { modifiedNanoseconds: 1e9 }],
    [/1 bytes cannot be in 2 chunks/, { size: 1 }],
    [/cannot be in 0 chunks/, { chunkCount: 0 }],
    [/a link of/, { kind: 'link' }],
    [/a folder with content/, { kind: 'folder' }],
    [/a tombstone with content/, { ...nothing, kind: 'tombstone', sha256: ramp(1, 32) }],
    [/not in order/, { digests: [2, 2].map((algorithm) => ({ algorithm, digest: ramp(1, 4) })) }],
    [/MD5/, { digests: [{ algorithm: 1, digest: ramp(1, 15) }] }],
  ]
  for (const [why, change] of wrong) {
    assert.throws(() => encodeVersionRecord({ ...sampleRecord, ...change }), why)
  }
  const digests = [1, 2, 3].map((at) => ({ algorithm: at + 1, digest: ramp(1, 200) }))
  assert.throws(() => encodeVersionRecord({ ...sampleRecord, digests }), /digests fit/)
})

test('only the sealed bytes open, and only at their place', () => {
  const request = { ...place, nonce: sampleNonce(0), record: sampleRecord }
  const sealed = sealVersionRecord(primitives, keys, request)
  assert.equal(sealed.length, sealedRecordBytes)
  const opened = openVersionRecord(primitives, keys, { ...place, sealed })
  assert.deepEqual({ ...opened }, sampleRecord)
  const open = (bytes: Uint8Array): VersionRecord =>
    openVersionRecord(primitives, keys, { ...place, sealed: bytes })
  assertOnlyThese(sealed, open, { codes: ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] })
  const others = [
    { entry: ramp(1, 16) },
    { version: ramp(1, 16) },
    { previous: ramp(1, 16) },
    { previous: undefined },
    { listRoot: ramp(2, 32) },
    { generation: 1 },
  ]
  for (const other of others) {
    const elsewhere = { ...place, ...other, sealed }
    const refusal = { code: 'RECORD_FORGED' }
    assert.throws(() => openVersionRecord(primitives, keys, elsewhere), refusal)
  }
})
