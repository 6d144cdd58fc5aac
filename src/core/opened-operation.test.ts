import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ramp,
  sampleKeys,
  sampleName,
  sampleNonce,
  sampleOperation,
  sampleRecord,
} from '../testing/format-samples.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import type { Operation } from './operation.ts'
import { openOperation } from './opened-operation.ts'
import { listRoot } from './page.ts'
import { sealVersionRecord, type VersionRecord } from './version-record.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const operation = sampleOperation(primitives)

/** The sample operation with another record, sealed as it should be for what the operation says. */
function withRecord(change: Partial<Operation>, record: Partial<VersionRecord>): Operation {
  const changed = { ...operation, ...change }
  const request = { ...changed, nonce: sampleNonce(0), record: { ...sampleRecord, ...record } }
  return { ...changed, sealedRecord: sealVersionRecord(primitives, keys, request) }
}

test('an operation opens to name and record', () => {
  const { name, record } = openOperation(primitives, keys, operation)
  assert.deepEqual(name, sampleName)
  assert.deepEqual({ ...record }, sampleRecord)
})

test('a record that says other things than its operation is refused', () => {
  const empty = { size: 0, chunkCount: 0, digests: [], sha256: new Uint8Array(32) }
  const wrong: [why: RegExp, operation: Operation][] = [
    [/record is of a file, it says link/, withRecord({ kind: 'link' }, {})],
    [/it says tombstone/, withRecord({ tombstone: true }, {})],
    [/2 chunks, it says 3/, withRecord({ chunkCount: 3 }, {})],
    [/list root/, withRecord({ chunkCount: 0 }, empty)],
    [/list root/, withRecord({ listRoot: listRoot(primitives, []) }, {})],
  ]
  for (const [message, forged] of wrong) {
    const refusal = { code: 'RECORD_FORGED', message }
    assert.throws(() => openOperation(primitives, keys, forged), refusal)
  }
})

test('parts of another operation are refused', () => {
  const changes: Partial<Operation>[] = [
    { entry: ramp(1, 16) },
    { parent: ramp(1, 16) },
    { version: ramp(1, 16) },
    { previous: undefined },
    { tag: ramp(1, 32) },
    { generation: 1 },
  ]
  for (const change of changes) {
    const forged = { ...operation, ...change }
    assert.throws(() => openOperation(primitives, keys, forged), { code: 'RECORD_FORGED' })
  }
})
