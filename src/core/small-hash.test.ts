import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import { SmallHash, smallHashBytesMax } from './small-hash.ts'

const key = new Uint8Array(32).map((_, at) => at * 7)

function native(text: Uint8Array, keyed: boolean): string {
  const hasher = keyed ? Blake3Hasher.newKeyed(Buffer.from(key)) : new Blake3Hasher()
  return hasher.update(Buffer.from(text)).digest('hex')
}

test('small texts of every length are hashed as by the native library, with and without a key', () => {
  const small = new SmallHash()
  for (let length = smallHashBytesMax; length >= 0; length -= 1) {
    const text = new Uint8Array(length).map((_, at) => at * 31 + length)
    assert.equal(small.digest([text]).toHex(), native(text, false), `${length} bytes`)
    assert.equal(small.digest([text], key).toHex(), native(text, true), `${length} bytes, keyed`)
  }
})

test('a text is hashed alike in one piece and in parts', () => {
  const small = new SmallHash()
  const text = new Uint8Array(300).map((_, at) => at)
  const parts = [
    text.subarray(0, 1),
    text.subarray(1, 1),
    text.subarray(1, 130),
    text.subarray(130),
  ]
  assert.deepEqual(small.digest(parts), small.digest([text]))
})

test('a longer text is refused', () => {
  assert.throws(() => new SmallHash().digest([new Uint8Array(smallHashBytesMax + 1)]))
})
