import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, toBase64 } from '../base/bytes.ts'
import { sentChunks, sentOperations, sentPlaces, toldShards } from './control-lists.ts'
import { bytes, fixedBytes } from './schema.ts'

await test('bytes travel as strict base64 of their length', () => {
  const codec = bytes({ min: 1, max: 4 })
  assert.equal(codec.encode(Uint8Array.of(1, 2)), 'AQI=')
  assert.deepEqual(codec.parse('AQI='), Uint8Array.of(1, 2))
  for (const wrong of [
    '',
    'AQI',
    'AQJ=',
    'AQI=\n',
    'AQI= ',
    '-_==',
    'AAAAAAAA',
    5,
    null,
    undefined,
  ]) {
    assert.equal(codec.safeParse(wrong).success, false, String(wrong))
  }
  assert.equal(fixedBytes(2).safeParse('AQ==').success, false)
})

await test('packed lists come back as they were', () => {
  const chunks = [
    { id: new Uint8Array(32).fill(1), offset: 0, length: 5, generation: 1 },
    { id: new Uint8Array(32).fill(2), offset: 5, length: 2 ** 32 - 1, generation: 120 },
  ]
  assert.deepEqual(sentChunks.parse(sentChunks.encode(chunks)), chunks)
  const places: [number, number, number, number][] = [[0, 1, 2, 3]]
  assert.deepEqual(sentPlaces.parse(sentPlaces.encode(places)), places)
  const shards = [{ index: 19, node: 'ab'.repeat(16), state: 'lost' as const }]
  assert.deepEqual(toldShards.parse(toldShards.encode(shards)), shards)
  assert.deepEqual(sentChunks.parse(''), [])
})

await test('operations come back with their pages, and cut anywhere they are refused', () => {
  const page = { number: 3, ids: new Uint8Array(64).fill(4), sealedLengths: Uint8Array.of(5, 6) }
  const operations = [
    { bytes: Uint8Array.of(1, 2, 3), pages: [] },
    { bytes: new Uint8Array(0), pages: [page, { ...page, number: 0 }] },
  ]
  const text = sentOperations.encode(operations)
  assert.deepEqual(sentOperations.parse(text), operations)
  assert.deepEqual(sentOperations.parse(''), [])
  const whole = fromBase64(text)!
  for (let length = 1; length < whole.length; length += 1) {
    // After the first operation it is whole again.
    if (length === 8) continue
    assert.equal(sentOperations.safeParse(toBase64(whole.subarray(0, length))).success, false)
  }
  assert.equal(sentOperations.safeParse(toBase64(whole.with(7, 9))).success, false, '9 pages')
  assert.equal(sentOperations.safeParse(toBase64(new Uint8Array(5 * 1025))).success, false, 'many')
})

await test('packed lists cut anywhere, with a state that is none, or too long are refused', () => {
  const whole = fromBase64(
    toldShards.encode([{ index: 1, node: 'ab'.repeat(16), state: 'durable' }]),
  )!
  for (let length = 1; length < whole.length; length += 1) {
    assert.equal(toldShards.safeParse(toBase64(whole.subarray(0, length))).success, false)
  }
  for (const state of [0, 5, 255]) {
    const wrong = whole.with(17, state)
    assert.equal(toldShards.safeParse(toBase64(wrong)).success, false)
  }
  assert.equal(toldShards.safeParse(toBase64(new Uint8Array(18 * 21))).success, false)
  assert.equal(toldShards.safeParse('!').success, false)
})
