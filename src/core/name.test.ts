import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { ramp, sampleIds, sampleKeys, sampleName, sampleNonce } from '../testing/format-samples.ts'
import { assertCanonicalCodec, assertOnlyThese } from '../testing/hostile.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  checkName,
  decodePaddedName,
  encodePaddedName,
  nameComplaint,
  nameTag,
  openName,
  sealedNameBytesMax,
  sealName,
} from './name.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)
const { entry, vault: parent } = sampleIds
const place = { entry, parent, generation: 2 }
const nonce = sampleNonce(0)

function seal(name: Uint8Array): { tag: Uint8Array; sealed: Uint8Array } {
  const tag = nameTag(primitives, keys, { parent, name })
  return { tag, sealed: sealName(primitives, keys, { ...place, name, tag, nonce }) }
}

test('any name of bytes comes back', () => {
  const names = fc
    .uint8Array({ minLength: 1, maxLength: 1024 })
    .filter((name) => nameComplaint(name) === undefined)
  fc.assert(
    fc.property(names, (name) => {
      assert.deepEqual(openName(primitives, keys, { ...place, ...seal(name) }), name)
    }),
    { seed: 4, numRuns: 100 },
  )
})

function sealedLength(length: number): number {
  return seal(new Uint8Array(length).fill(0x61)).sealed.length
}

test('sealed names tell little of their length', () => {
  assert.equal(sealedLength(1), sealedLength(30))
  assert.equal(sealedLength(31), sealedLength(62))
  assert.equal(sealedLength(1024), sealedNameBytesMax)
})

test('only the sealed bytes open, and only at their place', () => {
  const { tag, sealed } = seal(sampleName)
  const open = (bytes: Uint8Array): Uint8Array =>
    openName(primitives, keys, { ...place, tag, sealed: bytes })
  assertOnlyThese(sealed, open, { codes: ['RECORD_FORGED', 'MALFORMED', 'VERSION_UNSUPPORTED'] })
  const request = { ...place, tag, sealed }
  const others = [
    { ...request, parent: ramp(1, 16) },
    { ...request, entry: ramp(1, 16) },
    { ...request, generation: 1 },
    { ...request, tag: ramp(1, 32) },
  ]
  for (const other of others) {
    assert.throws(() => openName(primitives, keys, other), { code: 'RECORD_FORGED' })
  }
})

test('a writer cannot seal a name under the tag of another', () => {
  const tag = nameTag(primitives, keys, { parent, name: utf8('b') })
  const sealed = sealName(primitives, keys, { ...place, name: utf8('a'), tag, nonce })
  const refusal = { code: 'RECORD_FORGED', message: /tag/ }
  assert.throws(() => openName(primitives, keys, { ...place, tag, sealed }), refusal)
})

test('tags differ by folder, name and vault', () => {
  const name = utf8('a')
  const tag = nameTag(primitives, keys, { parent, name })
  assert.notDeepEqual(nameTag(primitives, keys, { parent: entry, name }), tag)
  assert.notDeepEqual(nameTag(primitives, keys, { parent, name: utf8('A') }), tag)
  const foreign = { ...keys, tagKey: ramp(1, 32) }
  assert.notDeepEqual(nameTag(primitives, foreign, { parent, name }), tag)
})

test('names that cannot be are refused with the reason', () => {
  const bad: [name: Uint8Array, why: RegExp][] = [
    [utf8(''), /empty/],
    [utf8('.'), /'\.' has a meaning/],
    [utf8('..'), /'\.\.' has a meaning/],
    [utf8('a/b'), /'\/'/],
    [Uint8Array.of(97, 0), /zero byte/],
    [new Uint8Array(1025).fill(97), /1025 bytes, 1024 are the most/],
  ]
  for (const [name, message] of bad) {
    assert.throws(() => checkName(name), { code: 'BAD_NAME', message })
    assert.throws(() => seal(name), { code: 'BAD_NAME' })
  }
  for (const name of ['...', '.a', '\n', '\\', ' ', 'COM1']) checkName(utf8(name))
  checkName(Uint8Array.of(0xff, 0xfe))
})

test('padded names are canonical', () => {
  for (const length of [0, 1, 29, 30, 31, 64]) {
    const codec = { decode: decodePaddedName, encode: encodePaddedName }
    assertCanonicalCodec(encodePaddedName(ramp(1, length)), codec)
  }
})
