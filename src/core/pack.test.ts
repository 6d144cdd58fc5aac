import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, test } from 'node:test'
import { concatBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  packTailBytes,
  packTakes,
  packTargetBytes,
  readPackTail,
  shardBytesOf,
  writePackTail,
  type PackedChunk,
} from './pack.ts'
import { sealBox } from './sealed-box.ts'

const primitives = createNativePrimitives()
const random = new SeededRandom(1)
const MiB = 1024 * 1024
const keys = { key: random.bytes(32), vault: random.bytes(16), pack: random.bytes(16) }

function chunksOf(...lengths: readonly number[]): PackedChunk[] {
  return lengths.map((sealedBytes, at) => ({ id: random.bytes(32), generation: at, sealedBytes }))
}

/** A whole pack; `contentBytes` other than what the list says makes it false. */
function packOf(chunks: readonly PackedChunk[], contentBytes?: number): Uint8Array {
  const sum = chunks.reduce((total, { sealedBytes }) => total + sealedBytes, 0)
  const content = random.bytes(contentBytes ?? sum)
  const into = new Uint8Array(packTailBytes(chunks.length))
  writePackTail(primitives, { ...keys, nonce: random.bytes(12) }, { chunks, into })
  return concatBytes([content, into])
}

function codeOf(pack: Uint8Array, others: Partial<typeof keys> = {}): string {
  try {
    readPackTail(primitives, { ...keys, ...others }, { pack })
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    throw error
  }
  return 'nothing thrown'
}

test('a pack is full at k MiB, within 12 and 16', () => {
  const targets = [1, 2, 4, 8, 12, 14, 16].map((k) => packTargetBytes({ k }) / MiB)
  assert.deepEqual(targets, [12, 12, 12, 12, 12, 14, 16])
  assert.ok(packTakes({ k: 2 }, { chunkBytes: 0, nextBytes: 13 * MiB }))
  assert.ok(packTakes({ k: 2 }, { chunkBytes: 11 * MiB, nextBytes: MiB }))
  assert.ok(!packTakes({ k: 2 }, { chunkBytes: 11 * MiB, nextBytes: MiB + 1 }))
})

test('shards hold the pack and are the shortest that do', () => {
  const packBytes = fc.integer({ min: 1, max: 22_020_096 })
  const property = fc.property(packBytes, fc.integer({ min: 1, max: 16 }), (length, k) => {
    const shardBytes = shardBytesOf(length, k)
    assert.equal(shardBytes % 64, 0)
    assert.ok(shardBytes * k >= length)
    assert.ok((shardBytes - 64) * k < length)
  })
  fc.assert(property, { seed: 1 })
})

describe('the end of a pack', () => {
  test('what is written is read again, with offsets', () => {
    for (const lengths of [[100], [35, 4_000, 1_000_000], Array.from({ length: 500 }, () => 64)]) {
      const chunks = chunksOf(...lengths)
      const read = readPackTail(primitives, keys, { pack: packOf(chunks) })
      let offset = 0
      const expected = chunks.map((chunk) => {
        const placed = { ...chunk, offset }
        offset += chunk.sealedBytes
        return placed
      })
      assert.deepEqual(read, expected)
    }
  })

  test('cut at any length it is refused', () => {
    const pack = packOf(chunksOf(100, 50))
    for (let length = 0; length < pack.length; length += 1) {
      assert.equal(codeOf(pack.subarray(0, length)), 'MALFORMED', `${length} bytes`)
    }
  })

  test('any flipped bit of it is noticed', () => {
    const pack = packOf(chunksOf(100, 50))
    for (let bit = 150 * 8; bit < pack.length * 8; bit += 1) {
      const flipped = pack.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      assert.notEqual(codeOf(flipped), 'nothing thrown', `bit ${bit}`)
    }
  })

  test('it opens for its own vault, pack and key alone', () => {
    const pack = packOf(chunksOf(100))
    assert.equal(codeOf(pack), 'nothing thrown')
    assert.equal(codeOf(pack, { vault: random.bytes(16) }), 'CORRUPT')
    assert.equal(codeOf(pack, { pack: random.bytes(16) }), 'CORRUPT')
    assert.equal(codeOf(pack, { key: random.bytes(32) }), 'CORRUPT')
  })

  test('a newer format is said to be one', () => {
    const pack = packOf(chunksOf(100))
    pack[100] = 2
    assert.equal(codeOf(pack), 'VERSION_UNSUPPORTED')
  })

  test('lists that are sealed rightly and say impossible things', () => {
    assert.equal(codeOf(packOf(chunksOf(100), 99)), 'MALFORMED')
    assert.equal(codeOf(packOf(chunksOf(29), 29)), 'MALFORMED')
    assert.equal(codeOf(packOf(chunksOf(0xffff_ffff), 100)), 'MALFORMED')
    const context = concatBytes([Buffer.from('holdfast/1 pack list'), keys.vault, keys.pack])
    const texts = ['', '00', '010000', '01000000', 'ffffffff', '00000000ff']
    for (const text of texts) {
      const parts = [Buffer.from(text, 'hex')]
      const box = { key: keys.key, nonce: random.bytes(12), context, parts }
      const list = sealBox(primitives, box)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(list.length)
      const pack = concatBytes([list, length, Buffer.from('HFPK')])
      assert.equal(codeOf(pack), 'MALFORMED', text)
    }
  })
})
