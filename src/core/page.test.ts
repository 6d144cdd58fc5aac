import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleKeys, sampleNonce, samplePage } from '../testing/format-samples.ts'
import { assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { concatBytes, toHex } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import { labelledHash, domain, label } from './hashing.ts'
import {
  listRoot,
  openPageLengths,
  pageHash,
  sealedPageLengthsBytesMax,
  sealPageLengths,
} from './page.ts'
import { sealBox } from './sealed-box.ts'
import { recordKey } from './vault-keys.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const { version } = sampleIds
const nonce = sampleNonce(0)
const { ids, sealedLengths: sealed } = samplePage(primitives)
const place = { version, generation: 2, number: 0, ids }
const codes = ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] as const

test('any page comes back', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: limits.chunkBytesMax }), {
    minLength: 1,
    maxLength: limits.pageChunksMax,
  })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 0, max: 2 ** 50 }), (list, offset) => {
      const page = { ...place, ids: new Uint8Array(32 * list.length), offset, lengths: list }
      const box = sealPageLengths(primitives, keys, { ...page, nonce })
      assert.ok(box.length <= sealedPageLengthsBytesMax)
      const opened = openPageLengths(primitives, keys, { ...page, sealed: box })
      assert.deepEqual(opened, { offset, lengths: list })
    }),
    { seed: 6, numRuns: 50 },
  )
})

function open(bytes: Uint8Array): unknown {
  return openPageLengths(primitives, keys, { ...place, sealed: bytes })
}

test('only the sealed bytes open, and only for these ids at this place', () => {
  assertOnlyThese(sealed, open, { codes })
  const swapped = concatBytes([ids.subarray(32), ids.subarray(0, 32)])
  const others = [
    { ids: swapped },
    { ids: ids.subarray(32) },
    { number: 1 },
    { version: ramp(1, 16) },
    { generation: 1 },
  ]
  for (const other of others) {
    const request = { ...place, ...other, sealed }
    assert.throws(() => openPageLengths(primitives, keys, request), { code: 'RECORD_FORGED' })
  }
})

/** Seals what a writer of the vault with a changed program could. */
function sealInside(inside: Uint8Array): Uint8Array {
  const context = new ByteWriter()
    .fixed(domain('page'))
    .fixed(keys.vault)
    .u32(2)
    .fixed(version)
    .u32(0)
    .fixed(labelledHash(primitives, label('page ids'), ids))
    .finish()
  const key = recordKey(primitives, keys, { generation: 2, of: version })
  return sealBox(primitives, { key, nonce, context, parts: [inside] })
}

test('lengths that cannot be are refused', () => {
  const wrong: [why: RegExp, inside: Uint8Array][] = [
    [/ends after/, new ByteWriter().u64(0).u32(5).finish()],
    [/too many/, new ByteWriter().u64(0).u32(5).u32(5).u32(5).finish()],
    [/chunk of 0 bytes/, new ByteWriter().u64(0).u32(5).u32(0).finish()],
    [/chunk of 4294967295/, new ByteWriter().u64(0).u32(0xffffffff).u32(5).finish()],
    [/behind 2\^53/, new ByteWriter().u64(Number.MAX_SAFE_INTEGER).u32(5).u32(5).finish()],
  ]
  for (const [message, inside] of wrong) {
    const request = { ...place, sealed: sealInside(inside) }
    const refusal = { code: 'MALFORMED', message }
    assert.throws(() => openPageLengths(primitives, keys, request), refusal)
  }
})

test('pages of no or too many ids, or with other lengths than ids, are defects', () => {
  const page = { ...place, offset: 0, nonce }
  const more = { ...page, ids: new Uint8Array(32 * 1025), lengths: [] }
  assert.throws(() => sealPageLengths(primitives, keys, more), /1 to 1024 ids/)
  const none = { ...page, ids: new Uint8Array(0), lengths: [] }
  assert.throws(() => sealPageLengths(primitives, keys, none), /1 to 1024 ids/)
  assert.throws(() => sealPageLengths(primitives, keys, { ...page, lengths: [1] }), /as many ids/)
})

test('roots tell lists apart', () => {
  const one = pageHash(primitives, { ids, sealedLengths: sealed })
  const other = pageHash(primitives, { ids: sealed.subarray(0, 32), sealedLengths: ids })
  const roots = [[], [one], [other], [one, other], [other, one]]
  const texts = roots.map((hashes) => toHex(listRoot(primitives, hashes)))
  assert.equal(new Set(texts).size, roots.length)
})
