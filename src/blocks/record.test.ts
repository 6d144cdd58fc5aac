import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fromHex, toHex } from '../base/bytes.ts'
import { primitives } from '../testing/conformance/store-harness.ts'
import { readRecordHeader, writeRecordHeader, type RecordHeader } from './record.ts'
import {
  decodeSuperblock,
  encodeSuperblock,
  readStartBlock,
  startBlockBytes,
  writeStartBlock,
} from './superblock.ts'

interface Vectors {
  readonly superblock: {
    readonly term: number
    readonly storeId: string
    readonly storeKey: string
    readonly createdMs: number
    readonly encoded: string
  }
  readonly startBlock: {
    readonly segment: number
    readonly firstSequence: number
    readonly segmentBytes: number
    readonly encoded: string
  }
  readonly records: readonly {
    readonly type: RecordHeader['type']
    readonly moved: boolean
    readonly sequence: number
    readonly recordNumber: number
    readonly durable: number
    readonly shardId: string
    readonly bodyBytes: number
    readonly deadSegment: number
    readonly storedMs: number
    readonly root: string
    readonly segment: number
    readonly offset: number
    readonly encoded: string
  }[]
}

const path = join(import.meta.dirname, '../../docs/vectors/store.json')
const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors
const bytesOf = (hex: string): Uint8Array => fromHex(hex)!
const superblock = {
  ...vectors.superblock,
  storeId: bytesOf(vectors.superblock.storeId),
  storeKey: bytesOf(vectors.superblock.storeKey),
}
const { storeKey } = superblock

/** Every shorter piece, and the whole with each bit turned. */
function* damaged(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += 1) yield bytes.slice(0, length)
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7))
    yield flipped
  }
}

describe('the store formats of docs/store.md', () => {
  it('encode the superblock as its vector says, and refuse every damage', () => {
    const encoded = encodeSuperblock(primitives, superblock)
    assert.equal(toHex(encoded), vectors.superblock.encoded)
    const { term, storeId, createdMs } = superblock
    assert.deepEqual(decodeSuperblock(primitives, encoded), { term, storeId, storeKey, createdMs })
    for (const bytes of damaged(encoded)) {
      assert.equal(decodeSuperblock(primitives, bytes), undefined)
    }
  })

  it('encode start blocks as their vector says, and refuse every damage', () => {
    const { segment, firstSequence, segmentBytes, encoded } = vectors.startBlock
    const { term, storeId, createdMs } = superblock
    const start = { term, storeId, storeKey, createdMs, segment, firstSequence, segmentBytes }
    const bytes = new Uint8Array(startBlockBytes).fill(9)
    writeStartBlock(primitives, start, bytes)
    assert.equal(toHex(bytes.subarray(0, 128)), encoded)
    assert.ok(bytes.subarray(128).every((byte) => byte === 0))
    assert.deepEqual(readStartBlock(primitives, bytes), start)
    for (const broken of damaged(bytes.slice(0, 128))) {
      assert.equal(readStartBlock(primitives, broken), undefined)
    }
  })

  it('encode records as their vectors say, and refuse every damage and any other place', () => {
    for (const { encoded, segment, offset, ...fields } of vectors.records) {
      const header = { ...fields, shardId: bytesOf(fields.shardId), root: bytesOf(fields.root) }
      const place = { storeKey, segment, offset }
      const into = new Uint8Array(128).fill(9)
      writeRecordHeader(primitives, header, { place, into })
      assert.equal(toHex(into), encoded)
      assert.deepEqual(readRecordHeader(primitives, into, place), header)
      for (const bytes of damaged(into)) {
        assert.equal(readRecordHeader(primitives, bytes, place), undefined)
      }
      for (const other of [
        { ...place, segment: segment + 1 },
        { ...place, offset: offset + 64 },
        { ...place, storeKey: new Uint8Array(32) },
      ]) {
        assert.equal(readRecordHeader(primitives, into, other), undefined)
      }
    }
  })
})
