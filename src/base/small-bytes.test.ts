import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smallBytes } from './small-bytes.ts'

test('pieces of memory are zeroed, of their length, and never shared', () => {
  const pieces: Uint8Array[] = []
  for (let round = 0; round < 3; round += 1) {
    for (const length of [0, 1, 64, 65, 100, 1023, 1024, 1025, 5000, 9000]) {
      const piece = smallBytes(length)
      assert.equal(piece.length, length)
      assert.ok(piece.every((byte) => byte === 0))
      pieces.push(piece.fill(pieces.length + 1))
    }
  }
  for (const [at, piece] of pieces.entries()) {
    assert.ok(
      piece.every((byte) => byte === at + 1),
      `piece ${at} was written by another`,
    )
  }
})
