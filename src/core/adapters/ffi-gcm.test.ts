import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { loadFfiGcm } from './ffi-gcm.ts'
import { createNativePrimitives } from './native-primitives.ts'

const plain = createNativePrimitives({ direct: false })
const direct = loadFfiGcm()
const lengths = [0, 1, 15, 16, 17, 4095, 65_536, 1_048_576 + 13]

function sealing() {
  return { key: randomBytes(32), nonce: randomBytes(12), context: randomBytes(77) }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 1
  return copy
}

test('the pinned node calls OpenSSL directly', () => {
  assert.ok(direct, 'node:ffi is there and gives the right bytes')
})

for (const shared of [false, true]) {
  test(`direct sealing gives the bytes of cipher objects, ${shared ? 'shared' : 'own'} memory`, () => {
    assert.ok(direct)
    for (const length of lengths) {
      const buffer = shared ? new SharedArrayBuffer(length + 64) : new ArrayBuffer(length + 64)
      const into = new Uint8Array(buffer, 13, length + 16)
      const text = randomBytes(length)
      const how = sealing()
      direct.seal(how, [text.subarray(0, 5), text.subarray(5)], into)
      const expected = new Uint8Array(length + 16)
      plain.seal(how, [text], expected)
      assert.deepEqual(Buffer.from(into), Buffer.from(expected))
      const opened = new Uint8Array(length)
      assert.ok(direct.open(how, into, opened))
      assert.deepEqual(Buffer.from(opened), text)
    }
  })
}

test('opens in place, to where the sealed text begins', () => {
  assert.ok(direct)
  for (const length of lengths) {
    for (const before of [0, 5, 13]) {
      const memory = new Uint8Array(new SharedArrayBuffer(before + length + 16))
      const text = randomBytes(length)
      const how = sealing()
      direct.seal(how, [text], memory.subarray(before))
      assert.ok(direct.open(how, memory.subarray(before), memory.subarray(0, length)))
      assert.deepEqual(Buffer.from(memory.subarray(0, length)), text)
    }
  }
})

test('a wrong tag, text, context, key or nonce does not open and leaves zeros', () => {
  assert.ok(direct)
  const how = sealing()
  const sealed = new Uint8Array(1000 + 16)
  direct.seal(how, [randomBytes(1000)], sealed)
  const wrong: [typeof how, Uint8Array][] = [
    [how, flipped(sealed, 1015)],
    [how, flipped(sealed, 0)],
    [{ ...how, context: Buffer.from(flipped(how.context, 3)) }, sealed],
    [{ ...how, key: Buffer.from(flipped(how.key, 31)) }, sealed],
    [{ ...how, nonce: Buffer.from(flipped(how.nonce, 11)) }, sealed],
  ]
  for (const [options, bytes] of wrong) {
    const into = new Uint8Array(1000).fill(7)
    assert.equal(direct.open(options, bytes, into), false)
    assert.ok(into.every((byte) => byte === 0))
  }
})

test('memory that comes and goes is found anew each time', () => {
  assert.ok(direct)
  // Memory that is not shared may be given to another array later: its address is not kept.
  for (let round = 0; round < 2000; round += 1) {
    const how = sealing()
    const text = randomBytes(100)
    const sealed = new Uint8Array(116)
    direct.seal(how, [text], sealed)
    const opened = new Uint8Array(100)
    assert.ok(direct.open(how, sealed, opened))
    assert.deepEqual(Buffer.from(opened), text)
  }
})
