import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from './bytes.ts'
import { crc32c } from './crc32c.ts'

test('gives the values of RFC 3720', () => {
  assert.equal(crc32c(utf8('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43)
  assert.equal(crc32c(new Uint8Array(0)), 0)
})

test('goes on from what stood before', () => {
  const bytes = utf8('in two pieces as in one')
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.equal(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes))
  }
})
