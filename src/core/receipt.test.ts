import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleSeeds } from '../testing/format-samples.ts'
import { assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import type { Primitives } from './primitives.ts'
import {
  decodeReceipt,
  issueReceipts,
  receiptBytesMax,
  verifyReceipt,
  type ReceiptEntry,
} from './receipt.ts'
import { buildReceiptTree, pathLength, rootOfPath } from './receipt-tree.ts'

const native = createNativePrimitives()
const issuer = {
  nodeKey: native.signingPublicKey(sampleSeeds.node),
  storeId: sampleIds.store,
  term: 3,
  timeMs: 1_790_000_000_000,
}

function entriesOf(count: number): ReceiptEntry[] {
  return Array.from({ length: count }, (_, at) => ({
    pack: sampleIds.pack,
    index: at & 255,
    generation: 1 + (at >> 8),
    root: ramp(at, 32),
    recordNumber: 5000 + at,
  }))
}

function issue(entries: readonly ReceiptEntry[], primitives: Primitives = native): Uint8Array[] {
  return issueReceipts(primitives, { issuer, entries }, sampleSeeds.node)
}

test('each receipt of a batch verifies for its shard and no other, under one signature', () => {
  for (const count of [1, 2, 3, 5, 8, 31, limits.groupCommitRecordsMax]) {
    let signatures = 0
    const counting = {
      ...native,
      sign(seed: Uint8Array, message: Uint8Array) {
        signatures += 1
        return native.sign(seed, message)
      },
    }
    const entries = entriesOf(count)
    const receipts = issue(entries, counting)
    assert.equal(signatures, 1)
    for (const [at, entry] of entries.entries()) {
      const expected = { ...entry, nodeKey: issuer.nodeKey }
      const bytes = receipts[at]!
      assert.ok(bytes.length <= receiptBytesMax)
      const receipt = verifyReceipt(native, bytes, expected)
      assert.equal(receipt.recordNumber, entry.recordNumber)
      assert.equal(receipt.term, issuer.term)
      if (count === 1) continue
      const next = receipts[(at + 1) % count]!
      assert.throws(() => verifyReceipt(native, next, expected), { code: 'RECORD_FORGED' })
    }
  }
})

test('a receipt for other than what was expected is refused with what differs', () => {
  const entries = entriesOf(3)
  const [bytes] = issue(entries)
  assert.ok(bytes)
  const expected = { ...entries[0]!, nodeKey: issuer.nodeKey }
  const wrong: [why: RegExp, change: object][] = [
    [/another node/, { nodeKey: ramp(1, 32) }],
    [/another shard/, { pack: ramp(1, 16) }],
    [/another shard/, { index: 1 }],
    [/another shard/, { generation: 2 }],
    [/other bytes/, { root: ramp(1, 32) }],
  ]
  for (const [message, change] of wrong) {
    const refusal = { code: 'RECORD_FORGED', message }
    assert.throws(() => verifyReceipt(native, bytes, { ...expected, ...change }), refusal)
  }
})

test('nothing but the issued bytes verifies', () => {
  const entries = entriesOf(3)
  const codes = ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] as const
  const [bytes] = issue(entries)
  assert.ok(bytes)
  const expected = { ...entries[0]!, nodeKey: issuer.nodeKey }
  assertOnlyThese(bytes, (changed) => verifyReceipt(native, changed, expected), { codes })
})

test('counts that cannot be are refused before anything is computed', () => {
  const [bytes] = issue(entriesOf(1))
  assert.ok(bytes)
  const countAt = 1 + 61 + 60 + 4
  for (const count of [0, 257, 0xffffffff]) {
    const changed = bytes.slice()
    new DataView(changed.buffer).setUint32(countAt, count, true)
    assert.throws(() => decodeReceipt(changed), { code: 'MALFORMED', message: /entry 0 of/ })
  }
  assert.throws(() => issue([]), /1 to 256/)
  assert.throws(() => issue(entriesOf(257)), /1 to 256/)
})

test('a tree of any size has one root, from every leaf', () => {
  for (let count = 1; count <= 70; count += 1) {
    const leaves = Array.from({ length: count }, (_, at) => ramp(at, 32))
    const { root, paths } = buildReceiptTree(native, leaves)
    for (const [position, leaf] of leaves.entries()) {
      const siblings = paths[position]!
      assert.equal(pathLength({ position, count }), siblings.length)
      assert.ok(siblings.length <= Math.ceil(Math.log2(count)))
      const found = rootOfPath(native, { position, count }, { leaf, siblings })
      assert.equal(toHex(found), toHex(root))
    }
  }
})
