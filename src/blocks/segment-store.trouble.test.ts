import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { putSample, readSample } from '../testing/conformance/sample-shard.ts'
import { smallStore } from '../testing/conformance/store-harness.ts'
import { inStoreWorld, requireAll } from '../testing/conformance/store-world.ts'

describe('damage at rest', () => {
  it('rebuilds an index that is damaged anywhere, shorter, or gone', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 30, 4096)
      await store.close()
      const image = world.disk.snapshot()
      const { size } = world.disk.folders.file('index')!
      for (let at = 0; at < size; at += 97) {
        world.disk.restore(image)
        const index = world.disk.folders.file('index')!
        if (at % 2 === 0) index.flipBitAt(at, 3)
        else index.truncate(at)
        const again = await world.open()
        assert.equal(again.usage().shards, 30)
        if (at < 1000) await requireAll(again, samples)
        await again.close()
      }
    }))

  it('skips a damaged record and shows all later ones', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 9)
      await store.close()
      await world.disk.process().remove('index')
      // One record to a batch here: the fifth begins at 5 × 4,096
      world.disk.folders.file('segments/00000001.seg')!.flipBitAt(5 * 4096 + 40, 1)
      const again = await world.open()
      assert.equal(again.find(samples[4]!.shardId), undefined)
      await requireAll(again, samples.toSpliced(4, 1))
      assert.equal(again.lastRecord, 9)
    }))

  it('lists a shard whose record cannot be read as damaged, and takes it again', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const [sample] = await world.putSome(store, 1)
      world.disk.folders.file('segments/00000001.seg')!.flipBitAt(4096 + 72, 1)
      const listing = await store.list({ most: 10 })
      assert.equal(listing.shards[0]?.damaged, true)
      await assert.rejects(store.readHeader(sample!.shardId), { code: 'CORRUPT' })
      const { recordNumber } = await putSample(store, sample!)
      assert.ok(recordNumber > 1)
      assert.deepEqual((await store.readHeader(sample!.shardId))?.root, sample!.root)
    }))

  it('makes a lost superblock again from the segments', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      await store.raiseTerm(7)
      const samples = await world.putSome(store, 3)
      await store.close()
      await world.disk.process().remove('store')
      const again = await world.open()
      assert.deepEqual(again.storeId, store.storeId)
      assert.equal(again.term, 7)
      await requireAll(again, samples)
      await again.close()
      await world.disk.process().remove('store')
      world.disk.folders.file('segments/00000001.seg')!.flipBitAt(30, 1)
      await assert.rejects(world.open(), { code: 'CORRUPT' })
    }))

  it('refuses segments of two stores in one folder', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      await world.putSome(store, 1)
      await store.close()
      const bytes = new Uint8Array(8192)
      await (await world.disk.process().open('segments/00000001.seg', {})).read(bytes, 0)
      world.disk.replace()
      await (await world.open()).close()
      const copy = await world.disk.process().open('segments/00000001.seg', { create: true })
      await copy.write([bytes], 0)
      await assert.rejects(world.open(), { code: 'CORRUPT' })
    }))

  it('takes no bytes of a client for a record', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const [victim] = await world.putSome(store, 1)
      const stolen = new Uint8Array(4096)
      await (await world.disk.process().open('segments/00000001.seg', {})).read(stolen, 4096)
      const carrier = world.sample(256 * 1024)
      for (let at = 0; at < carrier.content.length; at += 4096) carrier.content.set(stolen, at)
      await putSample(store, carrier)
      const { recordNumber } = store.find(victim!.shardId)!
      await store.remove(victim!.shardId, recordNumber)
      await store.close()
      await world.disk.process().remove('index')
      // Without the carrier's header the scan looks for records inside its content
      world.disk.folders.file('segments/00000001.seg')!.flipBitAt(2 * 4096 + 9, 0)
      const again = await world.open()
      assert.equal(again.usage().shards, 0)
    }))

  it('leaves a segment with a damaged shard as it is', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 40, 40_000)
      for (const sample of samples.slice(0, 20)) {
        await store.remove(sample.shardId, store.find(sample.shardId)!.recordNumber)
      }
      const damaged = samples[21]!
      const first = world.disk.folders.file('segments/00000001.seg')!
      first.flipBitAt(21 * 40_960 + 4096 + 5000, 2)
      let steps = 0
      while ((await store.work()) === 'did-some') steps += 1
      assert.ok(steps < 20)
      assert.equal(store.find(damaged.shardId)?.damaged, true)
      assert.equal((await readSample(store, damaged))?.length, 40_000)
      await requireAll(store, samples.slice(22))
    }))
})

describe('a disk in trouble', () => {
  it('refuses puts below the reserve, goes on reading and deleting, and serves again', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 8, 100_032)
      const { totalBytes } = world.disk
      world.disk.totalBytes = world.disk.usedBytes + smallStore.diskReserveBytes
      assert.deepEqual((await store.probe()).kind, 'read-only')
      await assert.rejects(putSample(store, world.sample()), { code: 'NO_SPACE' })
      await requireAll(store, samples)
      assert.equal(await store.remove(samples[0]!.shardId, 1), 'removed')
      assert.equal(store.usage().freeBytes, 0)
      world.disk.totalBytes = totalBytes
      await putSample(store, world.sample())
      assert.equal(store.state.kind, 'serving')
    }))

  it('makes room on a full disk whose only segment is mostly dead', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 8, 100_032)
      world.disk.totalBytes = world.disk.usedBytes + smallStore.diskReserveBytes
      for (const sample of samples.slice(1)) await store.remove(sample.shardId, Infinity)
      assert.equal((await store.probe()).kind, 'read-only')
      while ((await store.work()) === 'did-some') continue
      assert.equal(store.state.kind, 'serving')
      assert.ok(store.usage().usedBytes < 300_000)
      const after = await world.putSome(store, 2, 100_032)
      await requireAll(store, [samples[0]!, ...after])
      await store.close()
      const again = await world.open()
      await requireAll(again, [samples[0]!, ...after])
      assert.equal(again.usage().shards, 3)
    }))

  it('acknowledges nothing of a batch that the disk had no room for', () =>
    inStoreWorld(async (world) => {
      const store = await world.open(0)
      const before = await world.putSome(store, 2, 100_032)
      world.disk.totalBytes = world.disk.usedBytes + 50_000
      // Free space as last measured lets it through: the write itself fails
      await assert.rejects(putSample(store, world.sample(200_000)), { code: 'NO_SPACE' })
      assert.equal(store.state.kind, 'read-only')
      world.disk.totalBytes = 2 ** 30
      assert.equal((await store.probe()).kind, 'serving')
      const after = await world.putSome(store, 2, 100_032)
      await requireAll(store, [...before, ...after])
      world.disk.crash()
      const again = await world.open(0)
      await requireAll(again, [...before, ...after])
      assert.equal(again.usage().shards, 4)
      assert.equal(again.lastRecord, 4)
    }))

  it('goes on after one failed sync, and stops after several until a probe succeeds', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const before = await world.putSome(store, 2)
      const { trouble } = world.disk
      trouble.writeFails = 1
      await assert.rejects(putSample(store, world.sample()), { code: 'READ_ONLY' })
      trouble.writeFails = 0
      const between = await world.putSome(store, 1)
      trouble.syncFails = 1
      await assert.rejects(putSample(store, world.sample()), { code: 'READ_ONLY' })
      assert.equal(store.state.kind, 'read-only')
      await assert.rejects(putSample(store, world.sample()), { code: 'READ_ONLY' })
      await assert.rejects(store.remove(before[0]!.shardId, 1), { code: 'READ_ONLY' })
      await requireAll(store, before)
      assert.equal((await store.probe()).kind, 'read-only')
      trouble.syncFails = 0
      assert.equal((await store.probe()).kind, 'serving')
      const after = await world.putSome(store, 1)
      world.disk.crash()
      await requireAll(await world.open(), [...before, ...between, ...after])
    }))

  it('is read-only on a read-only file system, until it is opened again', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 3)
      world.disk.readOnly = true
      await assert.rejects(putSample(store, world.sample()), { code: 'READ_ONLY' })
      world.disk.crash()
      const reading = await world.open()
      assert.equal(reading.state.kind, 'read-only')
      await requireAll(reading, samples)
      await assert.rejects(putSample(reading, world.sample()), { code: 'READ_ONLY' })
      world.disk.readOnly = false
      const state = await reading.probe()
      assert.ok(state.kind === 'read-only' && state.reason.includes('restart the node'))
      await reading.close()
      const again = await world.open()
      await putSample(again, world.sample())
    }))

  it('says that the disk is gone, finally', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      const samples = await world.putSome(store, 3)
      world.disk.gone = true
      assert.equal((await store.probe()).kind, 'disk-gone')
      await assert.rejects(readSample(store, samples[0]!), { code: 'DISK_GONE' })
      await assert.rejects(putSample(store, world.sample()), { code: 'DISK_GONE' })
      world.disk.gone = false
      assert.equal((await store.probe()).kind, 'disk-gone')
      await store.close()
      await requireAll(await world.open(), samples)
    }))

  it('shows an old image by its record number and a new disk by its id', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      await world.putSome(store, 3)
      await store.close()
      const image = world.disk.snapshot()
      const later = await world.open()
      await world.putSome(later, 3)
      assert.equal(later.lastRecord, 6)
      world.disk.restore(image)
      const old = await world.open()
      assert.deepEqual([old.storeId, old.lastRecord], [store.storeId, 3])
      world.disk.replace()
      const fresh = await world.open()
      assert.notDeepEqual(fresh.storeId, store.storeId)
      assert.equal(fresh.lastRecord, 0)
    }))

  it('is for one process', () =>
    inStoreWorld(async (world) => {
      const store = await world.open()
      await assert.rejects(world.open(), { code: 'HOME_IN_USE' })
      await store.close()
      await (await world.open()).close()
    }))
})
