/** What every ShardStore must do. Each implementation runs it: `src/blocks/*.test.ts`. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compareBytes } from '../../base/bytes.ts'
import { putSample, readSample, sampleShard, type SampleShard } from './sample-shard.ts'
import type { StoreHarness, StoreKit } from './shard-store-kit.ts'
import { storeModelCases } from './shard-store-model.ts'

export function shardStoreConformance(name: string, run: StoreHarness): void {
  describe(`shard store: ${name}`, () => {
    it('gives back what was put, of any size', () =>
      run(async (kit) => {
        const store = await kit.open()
        for (const bytes of [64, 3904, 4032, 4096, 65_280, 65_344, 200_000, 500_032]) {
          const sample = shard(kit, bytes)
          const { recordNumber } = await putSample(store, sample)
          assert.deepEqual(await readSample(store, sample), sample.content)
          const found = await store.readHeader(sample.shardId)
          assert.deepEqual(found?.header, sample.header)
          assert.deepEqual(found?.root, sample.root)
          assert.deepEqual(store.find(sample.shardId), {
            shardId: sample.shardId,
            vault: sample.vault,
            dataBytes: bytes,
            recordNumber,
            damaged: false,
          })
        }
        await store.close()
      }))

    it('reads ranges, and refuses those the shard does not have', () =>
      run(async (kit) => {
        const store = await kit.open()
        const sample = shard(kit, 10_048)
        await putSample(store, sample)
        for (const [offset, length] of [
          [0, 1],
          [1, 4096],
          [10_047, 1],
          [0, 10_048],
          [10_048, 0],
        ] as const) {
          const target = new Uint8Array(length)
          assert.equal(await store.read(sample.shardId, { offset, target }), true)
          assert.deepEqual(target, sample.content.slice(offset, offset + length))
        }
        const target = new Uint8Array(2)
        const beyond = store.read(sample.shardId, { offset: 10_047, target })
        await assert.rejects(beyond, { code: 'OVER_LIMIT' })
        const other = shard(kit)
        assert.equal(await store.read(other.shardId, { offset: 0, target }), false)
        assert.equal(await store.readHeader(other.shardId), undefined)
        assert.equal(store.find(other.shardId), undefined)
        await store.close()
      }))

    it('stores the same shard once, and refuses another one under its id', () =>
      run(async (kit) => {
        const store = await kit.open()
        const sample = shard(kit)
        const twice = await Promise.all([putSample(store, sample), putSample(store, sample)])
        const again = await putSample(store, sample)
        assert.equal(twice[1].recordNumber, twice[0].recordNumber)
        assert.equal(again.recordNumber, twice[0].recordNumber)
        assert.deepEqual(again.batch.shards[again.position]?.root, sample.root)
        const pack = sample.header.slice(16, 32)
        const other = sampleShard({ ...kit, bytes: 640, pack })
        assert.deepEqual(other.shardId, sample.shardId)
        await assert.rejects(putSample(store, other), { code: 'EXISTS' })
        assert.deepEqual(await readSample(store, sample), sample.content)
        await store.close()
      }))

    it('numbers records without gaps and shares batches', () =>
      run(async (kit) => {
        const store = await kit.open()
        assert.equal(store.lastRecord, 0)
        const samples = Array.from({ length: 40 }, (_, at) => shard(kit, 64 * (at + 1)))
        const stored = await Promise.all(samples.map((sample) => putSample(store, sample)))
        const numbers = stored.map((each) => each.recordNumber)
        assert.deepEqual(
          numbers.toSorted((left, right) => left - right),
          samples.map((_, at) => at + 1),
        )
        assert.equal(store.lastRecord, 40)
        for (const [at, { batch, position, recordNumber }] of stored.entries()) {
          const { shardId, root } = samples[at]!
          assert.deepEqual(batch.shards[position], { shardId, root, recordNumber })
        }
        assert.ok(new Set(stored.map((each) => each.batch)).size < 40)
        await store.close()
      }))

    it('removes what was named, and nothing newer', () =>
      run(async (kit) => {
        const store = await kit.open()
        const sample = shard(kit)
        assert.equal(await store.remove(sample.shardId, 1), 'absent')
        const first = await putSample(store, sample)
        assert.equal(await store.remove(sample.shardId, first.recordNumber - 1), 'kept')
        assert.equal(await store.remove(sample.shardId, first.recordNumber), 'removed')
        assert.equal(await readSample(store, sample), undefined)
        assert.equal(await store.remove(sample.shardId, first.recordNumber), 'absent')
        const second = await putSample(store, sample)
        assert.ok(second.recordNumber > first.recordNumber)
        assert.equal(await store.remove(sample.shardId, first.recordNumber), 'kept')
        assert.deepEqual(await readSample(store, sample), sample.content)
        await store.close()
      }))

    it('lists in the order of ids, page by page', () =>
      run(async (kit) => {
        const store = await kit.open()
        const samples = Array.from({ length: 23 }, () => shard(kit, 128))
        await Promise.all(samples.map((sample) => putSample(store, sample)))
        const sorted = samples.toSorted((left, right) => compareBytes(left.shardId, right.shardId))
        for (const most of [1, 5, 23, 100]) {
          const listed: SampleShard[] = []
          let after: Uint8Array | undefined
          for (;;) {
            const page = await store.list({ after, most })
            assert.ok(page.shards.length <= most)
            for (const { shardId, vault, root, header, dataBytes } of page.shards) {
              assert.equal(dataBytes, 128)
              const { content } = sorted[listed.length]!
              listed.push({ shardId, vault, root, header, content })
            }
            after = page.shards.at(-1)?.shardId
            if (!page.more) break
          }
          assert.deepEqual(listed, sorted)
        }
        await store.close()
      }))

    it('replaces a damaged record by the next put', () =>
      run(async (kit) => {
        const store = await kit.open()
        const sample = shard(kit)
        const { recordNumber } = await putSample(store, sample)
        store.markDamaged(sample.shardId, recordNumber + 1)
        assert.equal(store.find(sample.shardId)?.damaged, false)
        store.markDamaged(sample.shardId, recordNumber)
        assert.equal(store.find(sample.shardId)?.damaged, true)
        const again = await putSample(store, sample)
        assert.ok(again.recordNumber > recordNumber)
        assert.equal(store.find(sample.shardId)?.damaged, false)
        assert.deepEqual(await readSample(store, sample), sample.content)
        await store.close()
      }))

    it('keeps the highest term', () =>
      run(async (kit) => {
        const store = await kit.open()
        assert.equal(store.term, 0)
        await Promise.all([3, 2, 5, 4].map((term) => store.raiseTerm(term)))
        assert.equal(store.term, 5)
        await store.close()
      }))

    it('gives out a bounded amount of memory, first come first served', () =>
      run(async (kit) => {
        const store = await kit.open()
        const bytes = 400_000
        const [first, second] = [store.tryAllocate(bytes)!, store.tryAllocate(bytes)!]
        assert.equal(first.body.length, bytes)
        assert.equal(store.tryAllocate(bytes), undefined)
        const order: string[] = []
        const large = store.allocate(700_000).then((buffer) => (order.push('large'), buffer))
        const small = store.allocate(1000).then((buffer) => (order.push('small'), buffer))
        assert.equal(store.tryAllocate(1000), undefined)
        first.release()
        first.release()
        second.release()
        for (const buffer of await Promise.all([large, small])) buffer.release()
        assert.deepEqual(order, ['large', 'small'])
        const stop = new AbortController()
        const whole = store.tryAllocate(1_000_000)!
        const waiting = store.allocate(bytes, { signal: stop.signal })
        stop.abort(new Error('enough'))
        await assert.rejects(waiting, /enough/)
        whole.release()
        store.tryAllocate(bytes)!.release()
        await store.close()
      }))

    it('refuses work once it is closed', () =>
      run(async (kit) => {
        const store = await kit.open()
        const sample = shard(kit)
        await putSample(store, sample)
        await store.close()
        await store.close()
        await assert.rejects(putSample(store, shard(kit)), { code: 'DISK_GONE' })
        await assert.rejects(store.remove(sample.shardId, 1), { code: 'DISK_GONE' })
        await assert.rejects(store.list({ most: 1 }), { code: 'DISK_GONE' })
      }))

    storeModelCases(run)
  })
}

function shard(kit: StoreKit, bytes = 640): SampleShard {
  return sampleShard({ ...kit, bytes })
}
