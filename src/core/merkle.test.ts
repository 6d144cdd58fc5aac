import assert from 'node:assert/strict'
import { Blake3Hasher } from '@napi-rs/blake-hash'
import { test } from 'node:test'
import { limits } from '../base/limits.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { dataRoot, dataRootOf, leafHashes, proveLeaf, rootFromProof } from './merkle.ts'

const primitives = createNativePrimitives()
const { leafBytes } = limits

function keyOf(label: string): Buffer {
  const text = Buffer.from(`holdfast/1 ${label}`)
  return new Blake3Hasher().update(Buffer.concat([Buffer.of(text.length), text])).digestBuffer()
}

/** The data root as its definition reads. */
function slowRoot(bytes: Uint8Array): Uint8Array {
  const count = Math.ceil(bytes.length / leafBytes)
  if (count <= 1) {
    return Blake3Hasher.newKeyed(keyOf('leaf')).update(Buffer.from(bytes)).digestBuffer()
  }
  let split = 1
  while (split * 2 < count) split *= 2
  return Blake3Hasher.newKeyed(keyOf('inner'))
    .update(Buffer.from(slowRoot(bytes.subarray(0, split * leafBytes))))
    .update(Buffer.from(slowRoot(bytes.subarray(split * leafBytes))))
    .digestBuffer()
}

const lengths = [1, 64, leafBytes - 1, leafBytes, leafBytes + 1, 3 * leafBytes, 5 * leafBytes + 7]

test('the root is the one of the definition', () => {
  const random = new SeededRandom(1)
  for (let count = 1; count <= 17; count += 1) lengths.push(count * leafBytes - 64)
  for (const length of lengths) {
    const bytes = random.bytes(length)
    assert.deepEqual(Buffer.from(dataRoot(primitives, bytes)), slowRoot(bytes), `${length} bytes`)
  }
})

test('every leaf of every small tree has a proof that leads to the root', () => {
  const random = new SeededRandom(4)
  for (let count = 1; count <= 17; count += 1) {
    const shardBytes = count * leafBytes - 100
    const bytes = random.bytes(shardBytes)
    const leaves = leafHashes(primitives, bytes)
    const root = dataRootOf(primitives, leaves)
    for (let index = 0; index < count; index += 1) {
      const siblings = proveLeaf(primitives, leaves, index)
      const leaf = bytes.subarray(index * leafBytes, (index + 1) * leafBytes)
      assert.deepEqual(rootFromProof(primitives, { index, shardBytes, leaf, siblings }), root)
    }
  }
})

test('a false proof leads elsewhere or nowhere', () => {
  const bytes = new SeededRandom(5).bytes(5 * leafBytes)
  const shardBytes = bytes.length
  const leaves = leafHashes(primitives, bytes)
  const root = dataRootOf(primitives, leaves)
  const siblings = proveLeaf(primitives, leaves, 2)
  const leaf = bytes.slice(2 * leafBytes, 3 * leafBytes)
  const right = { index: 2, shardBytes, leaf, siblings }
  const leadsTo = (change: Partial<typeof right>): Uint8Array | undefined =>
    rootFromProof(primitives, { ...right, ...change })
  assert.deepEqual(leadsTo({}), root)
  assert.notDeepEqual(leadsTo({ index: 3 }), root)
  for (const index of [-1, 5, 0.5, NaN, 2 ** 32]) assert.equal(leadsTo({ index }), undefined)
  assert.equal(leadsTo({ siblings: siblings.slice(1) }), undefined)
  assert.equal(leadsTo({ siblings: [...siblings, siblings[0]!] }), undefined)
  assert.equal(leadsTo({ siblings: siblings.map((hash) => hash.subarray(1)) }), undefined)
  assert.equal(leadsTo({ leaf: leaf.subarray(1) }), undefined)
  assert.equal(leadsTo({ index: 4 }), undefined)
  assert.equal(leadsTo({ shardBytes: 0 }), undefined)
  leaf[7]! ^= 1
  assert.notDeepEqual(leadsTo({}), root)
})
