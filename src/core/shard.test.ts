import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import {
  codewordHash,
  decodeHeader,
  decodeShardId,
  encodeHeader,
  encodeShardId,
  headerBytes,
  shardIdBytes,
  shardIdentities,
  shardIdText,
  shardRoot,
  type ShardHeader,
} from './shard.ts'
import { label, labelledHash } from './hashing.ts'

const primitives = createNativePrimitives()
const random = new SeededRandom(1)
const header: ShardHeader = {
  kind: 'data',
  code: 1,
  k: 2,
  m: 2,
  index: 3,
  pack: random.bytes(16),
  vault: random.bytes(16),
  placementGeneration: 7,
  shardBytes: 2_097_216,
  packBytes: 4_194_305,
  codeword: random.bytes(32),
}

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    throw error
  }
  return 'nothing thrown'
}

/** The header with some of its bytes replaced, under a right checksum. */
function changed(at: number, bytes: readonly number[]): Uint8Array {
  const encoded = encodeHeader(primitives, header).slice()
  encoded.set(bytes, at)
  const sum = labelledHash(primitives, label('shard header'), encoded.subarray(0, 120))
  encoded.set(sum.subarray(0, 8), 120)
  return encoded
}

describe('header', () => {
  test('what is written is read again', () => {
    const shapes = [
      {},
      { kind: 'journal' as const },
      { k: 16, m: 4, index: 19, shardBytes: 64, packBytes: 1024 },
      { k: 1, m: 1, index: 0, shardBytes: 64, packBytes: 1 },
      { placementGeneration: 0xffff_ffff },
    ]
    for (const shape of shapes) {
      const encoded = encodeHeader(primitives, { ...header, ...shape })
      assert.equal(encoded.length, headerBytes)
      assert.deepEqual(decodeHeader(primitives, encoded), { ...header, ...shape })
    }
  })

  test('other lengths and any flipped bit are refused', () => {
    const encoded = encodeHeader(primitives, header)
    for (let length = 0; length < headerBytes; length += 1) {
      const cut = encoded.subarray(0, length)
      assert.equal(
        code(() => decodeHeader(primitives, cut)),
        'MALFORMED',
      )
    }
    assert.equal(
      code(() => decodeHeader(primitives, new Uint8Array(129))),
      'MALFORMED',
    )
    for (let bit = 0; bit < 8 * headerBytes; bit += 1) {
      const flipped = encoded.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      assert.notEqual(
        code(() => decodeHeader(primitives, flipped)),
        'nothing thrown',
        `bit ${bit}`,
      )
    }
  })

  test('every field is checked, the checksum being right', () => {
    const wrong: Record<string, [number, number[]]> = {
      magic: [0, [0]],
      'version 0': [8, [0, 0]],
      'kind 0': [10, [0]],
      'kind 3': [10, [3]],
      'code 2': [11, [2]],
      'k 0': [12, [0]],
      'k 17': [12, [17]],
      'm 0': [13, [0]],
      'm 5': [13, [5]],
      'index k + m': [14, [4]],
      'zero byte': [15, [1]],
      'shard length': [52, [0]],
      'no pack length': [56, [0, 0, 0, 0, 0, 0, 0, 0]],
      'huge pack length': [56, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
      'long pack length': [52, [0, 0, 0x40, 1, 0, 0, 0x80, 2]],
      'spare bytes': [119, [1]],
    }
    for (const [name, [at, bytes]] of Object.entries(wrong)) {
      assert.equal(
        code(() => decodeHeader(primitives, changed(at, bytes))),
        'MALFORMED',
        name,
      )
    }
    assert.deepEqual(decodeHeader(primitives, changed(14, [1])), { ...header, index: 1 })
  })

  test('a newer version is said to be one', () => {
    assert.equal(
      code(() => decodeHeader(primitives, changed(8, [2, 0]))),
      'VERSION_UNSUPPORTED',
    )
  })

  test('an impossible header is a defect of whoever writes it', () => {
    assert.throws(() => encodeHeader(primitives, { ...header, index: 4 }), /Invariant/)
    assert.throws(() => encodeHeader(primitives, { ...header, shardBytes: 64 }), /Invariant/)
    const short = header.pack.subarray(1)
    assert.throws(() => encodeHeader(primitives, { ...header, pack: short }), /Invariant/)
  })
})

test('headers and roots follow from description and data roots', () => {
  const dataRoots = [1, 2, 3, 4].map(() => random.bytes(32))
  const identities = shardIdentities(primitives, header, { dataRoots })
  const codeword = codewordHash(primitives, header, { dataRoots })
  identities.forEach((identity, index) => {
    const { header: encoded, root } = identity
    assert.deepEqual(decodeHeader(primitives, encoded), { ...header, index, codeword })
    assert.deepEqual(root, shardRoot(primitives, { header: encoded, dataRoot: dataRoots[index]! }))
  })
  const other = codewordHash(primitives, { ...header, packBytes: 5 }, { dataRoots })
  assert.notDeepEqual(other, codeword)
  const swapped = codewordHash(primitives, header, { dataRoots: dataRoots.toReversed() })
  assert.notDeepEqual(swapped, codeword)
})

describe('shard id', () => {
  const id = { pack: header.pack, index: 19, placementGeneration: 0xffff_ffff }

  test('as bytes', () => {
    const encoded = encodeShardId(id)
    assert.deepEqual(decodeShardId(encoded), id)
    for (let length = 0; length <= shardIdBytes + 1; length += 1) {
      if (length === shardIdBytes) continue
      const other = new Uint8Array(length)
      other.set(encoded.subarray(0, length))
      assert.equal(
        code(() => decodeShardId(other)),
        'MALFORMED',
      )
    }
    const far = new ByteWriter().fixed(id.pack).u8(20).u32(0).finish()
    assert.equal(
      code(() => decodeShardId(far)),
      'MALFORMED',
    )
  })

  test('as text', () => {
    const text = shardIdText(id)
    assert.match(text, /^[0-9a-f]{32}-19-4294967295$/)
  })
})
