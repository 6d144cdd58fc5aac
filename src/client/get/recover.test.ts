import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { ErasureCoder } from '../../core/erasure.ts'
import { dataRoot } from '../../core/merkle.ts'
import { shardBytesOf } from '../../core/pack.ts'
import { hasCode } from '../../base/errors.ts'
import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'
import type { OpenJob, ReconstructJob, ShardSpan } from '../engine/engine.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import { align } from './pack-reader.ts'
import type { PlacedChunk } from './places.ts'
import { choices, recover, type RunParts } from './recover.ts'
import type { CommonRange, ShardRange } from './shard-ranges.ts'

const primitives = createNativePrimitives()
const coder = new ErasureCoder()

/** A pack of 16+4 whose shards with the indices in `wrong` are changed, and one chunk over three of them. */
function wideScene(wrong: readonly number[]) {
  const [k, m, packLength] = [16, 4, 16 * 130_000]
  const shardBytes = shardBytesOf(packLength, k)
  const random = new SeededRandom(1)
  const data = Array.from({ length: k }, () => random.bytes(shardBytes))
  const shards = [...data, ...coder.encodeParity({ k, m }, data)]
  const dataRoots = concatBytes(shards.map((bytes) => dataRoot(primitives, bytes)))
  const sealed = concatBytes(data).slice(shardBytes - 70_000, 2 * shardBytes + 70_000)
  for (const index of wrong) shards[index]!.fill(index)
  const memory = new Uint8Array(16 * 1024 * 1024)
  const chunk = { at: 0, length: sealed.length }
  const suspects = new Set<number>()
  const engine = {
    memory,
    open: async ({ chunks: [span] }: OpenJob) => {
      const { at, length } = span!
      return { opened: [equalBytes(memory.subarray(at, at + length), sealed)] }
    },
    reconstruct: async ({ bytes, present, wanted }: ReconstructJob) => {
      const indexed = present.map(({ index, at }) => ({
        index,
        bytes: memory.slice(at, at + bytes),
      }))
      const made = coder.reconstruct(
        { k, m },
        { present: indexed, wanted: wanted.map(({ index }) => index) },
      )
      for (const [position, { at }] of wanted.entries()) memory.set(made[position]!, at)
    },
  }
  const readPiece = async (_pack: unknown, { index, offset, length, at }: ShardRange) => {
    memory.set(shards[index]!.subarray(offset, offset + length), at)
    return true
  }
  const reader = {
    readPiece,
    async gather(pack: unknown, { from, bytes, at: first }: CommonRange): Promise<ShardSpan[]> {
      const spans = shards.map((_, index) => ({ index, at: first + index * align(bytes) }))
      for (const { index, at } of spans) {
        await readPiece(pack, { index, offset: from, length: bytes, at })
      }
      return spans
    },
  }
  const parts = {
    session: { world: { primitives } },
    vault: { vault: '' },
    engine,
    reader,
    spare: new SlotPool({ at: 1024 * 1024, bytes: 15 * 1024 * 1024 }),
    suspect: (_pack: unknown, index: number) => suspects.add(index),
  } as unknown as RunParts
  const pack = { pack: 'p', k, m, packLength, dataRoots }
  const placed = { pack, offset: shardBytes - 70_000, length: sealed.length }
  return { parts, suspects, recover: () => recover(parts, placed as PlacedChunk, chunk as never) }
}

test('any four wrong shards of twenty are found, and the chunk opens', async () => {
  for (const wrong of [[0], [2], [0, 1, 2, 3], [1, 5, 9, 13], [0, 7, 15, 18], [2, 17, 18, 19]]) {
    const scene = wideScene(wrong)
    await scene.recover()
    const found = [...scene.suspects].toSorted((left, right) => left - right)
    assert.deepEqual(found, wrong)
  }
})

test('nobody is accused by shards that were not needed', async () => {
  const { recover: work, suspects } = wideScene([12, 13, 14, 15])
  await work()
  assert.deepEqual([...suspects], [])
})

test('wrong shards are told also when there are too many of them', async () => {
  const { parts, recover: work, suspects } = wideScene([0, 3, 5, 7, 9])
  await assert.rejects(work(), (error) => hasCode(error, 'CORRUPT'))
  assert.deepEqual([...suspects], [0, 3, 5, 7, 9])
  const { spare } = parts
  assert.ok(spare.tryTake(spare.bytesMax), 'no room is kept')
})

test('every choice comes once, whatever the policy', () => {
  for (const [items, count, wanted] of [
    [4, 2, 6],
    [3, 3, 1],
    [6, 4, 15],
    [5, 1, 5],
    [1, 2, 0],
  ] as const) {
    const all = [...choices([...Array(items).keys()], count)].map((one) => one.join())
    assert.equal(all.length, wanted)
    assert.equal(new Set(all).size, wanted)
  }
})

test('one wrong shard of any policy is found by few guesses', () => {
  for (const [k, m] of [
    [2, 2],
    [8, 3],
    [16, 4],
  ] as const) {
    const items = [...Array(k + m).keys()]
    const triesFor = (wrong: readonly number[]): number =>
      choices(items, k)
        .take(limits.recoverGuessesMax)
        .toArray()
        .findIndex((use) => !use.some((index) => wrong.includes(index)))
    for (const index of items) {
      const tries = triesFor([index])
      assert.ok(tries >= 0 && tries <= k, `${k}+${m}: shard ${index} needs ${tries}`)
    }
  }
})
