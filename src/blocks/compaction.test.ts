import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putSample, type SampleShard } from '../testing/conformance/sample-shard.ts'
import { inStoreWorld, requireAll, type StoreWorld } from '../testing/conformance/store-world.ts'
import { equalBytes } from '../base/bytes.ts'
import type { ShardStore } from './shard-store.ts'

const firstSegment = 'segments/00000001.seg'
const recordBytes = 40_960

/** Two segments, the first of which is dead but for its shards `live`. */
async function mostlyDead(
  world: StoreWorld,
  live: readonly number[],
): Promise<{ readonly store: ShardStore; readonly samples: readonly SampleShard[] }> {
  const store = await world.open()
  const samples = await world.putSome(store, 30, 40_000)
  for (const [at, sample] of samples.slice(0, 24).entries()) {
    if (!live.includes(at)) await store.remove(sample.shardId, Infinity)
  }
  return { store, samples }
}

/** Units of work until there is none left. */
async function workOff(store: ShardStore): Promise<number> {
  for (let units = 0; units < 50; units += 1) {
    if ((await store.work()) === 'nothing-to-do') return units
  }
  throw new Error('The work does not end')
}

function offsetOf(record: number): number {
  return 4096 + record * recordBytes
}

describe('emptying a segment with damage', () => {
  it('ends when the header of a live record rotted, and says which shard it was', () =>
    inStoreWorld(async (world) => {
      const { store, samples } = await mostlyDead(world, [3, 23])
      world.disk.folders.file(firstSegment)!.flipBitAt(offsetOf(23) + 16, 1)
      await workOff(store)
      assert.equal(store.find(samples[23]!.shardId)?.damaged, true)
      assert.equal(store.find(samples[3]!.shardId)?.damaged, false)
      assert.ok(world.disk.folders.file(firstSegment), 'damaged bytes may still help')
      await requireAll(store, [samples[3]!, ...samples.slice(24)])
    }))

  it('goes on with other segments, and empties it once the damaged shard is removed', () =>
    inStoreWorld(async (world) => {
      const { store, samples } = await mostlyDead(world, [23])
      world.disk.folders.file(firstSegment)!.flipBitAt(offsetOf(23) + 16, 1)
      await workOff(store)
      const more = await world.putSome(store, 40, 40_000)
      for (const sample of more.slice(0, 30)) await store.remove(sample.shardId, Infinity)
      const before = store.usage().usedBytes
      await workOff(store)
      assert.ok(store.usage().usedBytes < before, 'another segment was emptied')
      await store.remove(samples[23]!.shardId, Infinity)
      await workOff(store)
      assert.equal(world.disk.folders.file(firstSegment), undefined)
      await requireAll(store, [...samples.slice(24), ...more.slice(30)])
    }))

  it('finds the small records behind a damaged one in the same block', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = Array.from({ length: 6 }, () => world.sample(128))
      await Promise.all(samples.map((sample) => putSample(store, sample)))
      await store.close()
      await world.disk.process().remove('index')
      world.disk.folders.file(firstSegment)!.flipBitAt(4096 + 16, 1)
      const again = await world.open()
      assert.equal(again.usage().shards, 5)
      await requireAll(again, samples.slice(1))
    }))
})

describe('emptying a segment that stays because of damage', () => {
  it('raises no removed shard, though the index is lost twice', () =>
    inStoreWorld(async (world) => {
      const { store, samples } = await mostlyDead(world, [2, 3])
      const [removed, damaged] = [samples[2]!, samples[3]!]
      // Segment 1 stays for the damaged one; of the other a copy goes to segment 2
      world.disk.folders.file(firstSegment)!.flipBitAt(offsetOf(3) + 4096, 1)
      await workOff(store)
      await world.putSome(store, 30, 40_000)
      assert.equal(await store.remove(removed.shardId, Infinity), 'removed')
      await removeAllBut(store, [damaged])
      let current = store
      for (let losses = 0; losses < 3; losses += 1) {
        await workOff(current)
        await current.close()
        await world.disk.process().remove('index')
        current = await world.open()
        assert.equal(current.find(removed.shardId), undefined, `after ${losses + 1} losses`)
        // So that the segment with the delete record is closed, and emptied in its turn
        const passing = await world.putSome(current, 30, 40_000)
        for (const { shardId } of passing) await current.remove(shardId, Infinity)
      }
      assert.equal(current.find(damaged.shardId)?.recordNumber, 4)
    }))
})

async function removeAllBut(store: ShardStore, kept: readonly SampleShard[]): Promise<void> {
  const { shards } = await store.list({ most: 1000 })
  for (const { shardId } of shards) {
    if (kept.some((each) => equalBytes(each.shardId, shardId))) continue
    await store.remove(shardId, Infinity)
  }
}
