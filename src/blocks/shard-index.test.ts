import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareBytes } from '../base/bytes.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import type { IndexEntry } from './index-entries.ts'
import { ShardIndex } from './shard-index.ts'

function entry(shardId: Uint8Array, recordNumber: number): IndexEntry {
  const vault = new Uint8Array(16).fill(recordNumber % 3)
  const offset = (recordNumber % 1000) * 64
  return { shardId, vault, segment: 7, offset, dataBytes: 640, recordNumber, damaged: false }
}

test('the index agrees with a map under random sets, deletes and listings', () => {
  const random = new SeededRandom(1)
  const index = new ShardIndex(random.bytes(8))
  const expected = new Map<string, IndexEntry>()
  // Few distinct first bytes: ids that crowd together
  const id = (): Uint8Array => {
    const bytes = random.bytes(21).fill(0, 0, random.between(0, 19))
    bytes[20] = random.between(0, 255)
    return bytes
  }
  for (let step = 1; step <= 30_000; step += 1) {
    const known = [...expected.values()]
    if (random.chance(0.3) && known.length > 0) {
      const gone =
        step % 2 === 0 ? known[random.between(0, Math.min(50, known.length - 1))]! : entry(id(), 1)
      index.delete(gone.shardId)
      expected.delete(gone.shardId.toHex())
    } else {
      const added = entry(id(), step)
      index.set(added)
      expected.set(added.shardId.toHex(), added)
    }
    if (step % 5000 !== 0) continue
    assert.equal(index.count, expected.size)
    for (const wanted of expected.values()) assert.deepEqual(index.find(wanted.shardId), wanted)
    const sorted = [...expected.values()].map((each) => each.shardId).toSorted(compareBytes)
    assert.deepEqual(index.idsAfter(undefined, 1e6), sorted)
  }
})

test('a listing page by page gives each id once, whatever is added and removed meanwhile', () => {
  const random = new SeededRandom(2)
  const index = new ShardIndex(random.bytes(8))
  const stay = Array.from({ length: 9000 }, (_, at) => entry(random.bytes(21), at))
  for (const each of stay) index.set(each)
  const seen: Uint8Array[] = []
  let cursor: Uint8Array | undefined
  for (;;) {
    const page = index.idsAfter(cursor, 100)
    if (page.length === 0) break
    seen.push(...page)
    cursor = page.at(-1)
    const passing = entry(random.bytes(21), 1)
    index.set(passing)
    if (random.chance(0.5)) index.delete(passing.shardId)
  }
  assert.deepEqual(seen, seen.toSorted(compareBytes))
  const listed = new Set(seen.map((id) => id.toHex()))
  assert.equal(listed.size, seen.length)
  for (const each of stay) assert.ok(listed.has(each.shardId.toHex()))
})

test('an id that was added is in the next listing', () => {
  const random = new SeededRandom(3)
  const index = new ShardIndex(random.bytes(8))
  for (let count = 1; count <= 200; count += 1) {
    index.set(entry(random.bytes(21), count))
    assert.equal(index.idsAfter(undefined, 1000).length, count)
  }
})
