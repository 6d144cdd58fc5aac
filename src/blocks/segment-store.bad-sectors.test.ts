import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sleep } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import { limits } from '../base/limits.ts'
import { withBadSectors, type BadSector } from '../testing/conformance/bad-sectors.ts'
import { putSample, type SampleShard } from '../testing/conformance/sample-shard.ts'
import { inStoreWorld, requireAll, type StoreWorld } from '../testing/conformance/store-world.ts'
import { overriding } from '../testing/node/overriding.ts'

const segment = 'segments/00000001.seg'
const blockBytes = 4096
const sectorBytes = 512

/** One record to a batch: the first begins behind the start block, each takes `blocks` blocks. */
function sectorOf(record: number, blocks: number, within = 0): Pick<BadSector, 'from' | 'to'> {
  const from = blockBytes * (1 + record * blocks) + within
  return { from, to: from + sectorBytes }
}

/** A store with nine shards that went down without an end. */
async function afterKill(
  world: StoreWorld,
  bytes: number,
): Promise<{ readonly samples: readonly SampleShard[]; readonly bad: Set<BadSector> }> {
  const bad = new Set<BadSector>()
  world.wrap = (disk) => withBadSectors(disk, bad)
  const store = await world.open()
  const samples = await world.putSome(store, 9, bytes)
  world.disk.kill()
  return { samples, bad }
}

describe('sectors that cannot be read', () => {
  it('does not keep the store from opening: its superblock is made again', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 640)
      bad.add({ path: 'store', from: 0, to: sectorBytes, fails: 'read' })
      const store = await world.open()
      await requireAll(store, samples)
      assert.equal(store.state.kind, 'serving')
    }))

  it('passes over a start block, also when it looks for the superblock', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 640)
      const again = await world.open()
      await putSample(again, world.sample())
      world.disk.kill()
      bad.add({ path: 'store', from: 0, to: sectorBytes, fails: 'read' })
      bad.add({ path: segment, from: 0, to: sectorBytes, fails: 'both' })
      const store = await world.open()
      assert.deepEqual(store.storeId, again.storeId)
      await requireAll(store, samples)
    }))

  it('in the last batch cost that shard alone, which may be stored again', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 100_032)
      bad.add({ path: segment, ...sectorOf(8, 25, 50_000), fails: 'both' })
      const store = await world.open()
      await requireAll(store, samples.slice(0, 8))
      assert.equal(store.state.kind, 'serving')
      assert.equal(store.find(samples[8]!.shardId), undefined)
      await putSample(store, samples[8]!)
      await store.close()
      await requireAll(await world.open(), samples)
    }))

  it('of the last batch that cannot be written again: it is damaged, and nothing is written until it can', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 100_032)
      bad.add({ path: segment, ...sectorOf(8, 25), fails: 'write' })
      const store = await world.open()
      await requireAll(store, samples)
      assert.equal(store.find(samples[8]!.shardId)?.damaged, true)
      const state = await store.probe()
      assert.ok(state.kind === 'read-only' && state.reason.includes('restart the node'))
      await assert.rejects(putSample(store, world.sample()), { code: 'READ_ONLY' })
      await store.close()
      bad.clear()
      const again = await world.open()
      assert.equal(again.state.kind, 'serving')
      assert.equal(again.find(samples[8]!.shardId)?.damaged, false)
      await requireAll(again, samples)
    }))

  it('leaves the last batch damaged when it cannot be synced again', () =>
    inStoreWorld(async (world) => {
      const { samples } = await afterKill(world, 640)
      world.wrap = (disk) => failingSyncs(disk, segment)
      const store = await world.open()
      await requireAll(store, samples)
      assert.equal(store.find(samples[8]!.shardId)?.damaged, true)
      assert.equal(store.find(samples[7]!.shardId)?.damaged, false)
    }))

  it('of records hide no other record when the index is gone', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 640)
      bad.add({ path: segment, ...sectorOf(4, 1), fails: 'both' })
      const store = await world.open()
      assert.equal(store.find(samples[4]!.shardId), undefined)
      await requireAll(store, samples.toSpliced(4, 1))
      assert.ok(store.lastRecord > 9, 'numbers that may have been given are not given again')
    }))

  it('marks what lies there damaged, and empties other segments', () =>
    inStoreWorld(async (world) => {
      const { samples, bad } = await afterKill(world, 40_000)
      bad.add({ path: segment, ...sectorOf(7, 10), fails: 'both' })
      const store = await world.open()
      await putSample(store, world.sample())
      for (const sample of samples.slice(0, 7)) await store.remove(sample.shardId, Infinity)
      for (let units = 0; (await store.work()) === 'did-some'; units += 1) assert.ok(units < 50)
      await requireAll(store, [samples[8]!])
    }))
})

function failingSyncs(disk: Disk, path: string): Disk {
  const open: Disk['open'] = async (opened, options) => {
    const file = await disk.open(opened, options)
    if (opened !== path) return file
    return overriding(file, { sync: () => Promise.reject(new Error('EIO: sync')) })
  }
  return overriding(disk, { open })
}

describe('an index that cannot be written', () => {
  it('is not forgotten: other work goes on, and the end writes it', () =>
    inStoreWorld(async (world) => {
      let refusing = false
      world.checkpointRecords = 3
      world.wrap = (disk) => {
        const rename: Disk['rename'] = (from, to) =>
          refusing ? Promise.reject(new Error('EIO: no rename')) : disk.rename(from, to)
        return overriding(disk, { rename })
      }
      const store = await world.open()
      await world.putSome(store, 5)
      refusing = true
      await assert.rejects(store.work(), { code: 'READ_ONLY' })
      assert.equal(await store.work(), 'nothing-to-do')
      refusing = false
      await sleep(world.scheduler.clock(), limits.checkpointRetryMs)
      assert.equal(await store.work(), 'did-some')
      assert.ok(world.disk.folders.file('index'))
      await world.putSome(store, 3)
      refusing = true
      await assert.rejects(store.work(), { code: 'READ_ONLY' })
      refusing = false
      const before = world.disk.folders.file('index')
      await store.close()
      assert.notEqual(world.disk.folders.file('index'), before)
    }))
})
