import assert from 'node:assert/strict'
import { it } from 'node:test'
import { compareBytes } from '../../base/bytes.ts'
import type { ShardStore } from '../../blocks/shard-store.ts'
import { putSample, readSample, sampleShard, type SampleShard } from './sample-shard.ts'
import type { StoreHarness, StoreKit } from './shard-store-kit.ts'

/** A store compared with a plain map under random work, with reopenings where it can be reopened. */
export function storeModelCases(run: StoreHarness): void {
  it('agrees with a map under random puts, removals and background work', () =>
    run(async (kit) => {
      let store = await kit.open()
      const held = new Map<string, SampleShard>()
      for (let round = 0; round < 12; round += 1) {
        await randomWork(store, kit, held)
        await compare(store, held)
        if (kit.reopen !== undefined && round % 4 === 3) {
          const { storeId, lastRecord, term } = store
          store = await kit.reopen(store)
          assert.deepEqual(
            [store.storeId, store.lastRecord, store.term],
            [storeId, lastRecord, term],
          )
          await compare(store, held)
        }
      }
      await store.close()
    }))
}

async function randomWork(
  store: ShardStore,
  kit: StoreKit,
  held: Map<string, SampleShard>,
): Promise<void> {
  const { random } = kit
  const samples = [...held.values()]
  const removed = samples.filter(() => random.chance(0.6))
  const added = Array.from({ length: 12 }, () => {
    const bytes = random.pick([64, 640, 4096, 40_000, 70_016])
    return sampleShard({ ...kit, bytes })
  })
  await Promise.all([
    ...added.map((sample) => putSample(store, sample)),
    ...removed.map(async (sample) => {
      const { recordNumber } = store.find(sample.shardId)!
      assert.equal(await store.remove(sample.shardId, recordNumber), 'removed')
    }),
    store.raiseTerm(random.between(1, 100)),
    store.work(),
  ])
  for (const sample of added) held.set(sample.shardId.toHex(), sample)
  for (const sample of removed) held.delete(sample.shardId.toHex())
  for (let steps = 0; steps < 4; steps += 1) await store.work()
}

async function compare(store: ShardStore, held: Map<string, SampleShard>): Promise<void> {
  assert.equal(store.usage().shards, held.size)
  for (const sample of held.values()) {
    assert.deepEqual(await readSample(store, sample), sample.content)
  }
  const { shards, more } = await store.list({ most: 10_000 })
  assert.equal(more, false)
  const expected = [...held.values()].map((sample) => sample.shardId).toSorted(compareBytes)
  assert.deepEqual(
    shards.map((shard) => shard.shardId),
    expected,
  )
}
