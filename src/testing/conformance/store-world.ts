import assert from 'node:assert/strict'
import type { Disk } from '../../base/disk.ts'
import { limits } from '../../base/limits.ts'
import { openSegmentStore } from '../../blocks/segment-store.ts'
import type { ShardStore } from '../../blocks/shard-store.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { SimulatedDisk } from '../simulation/simulated-disk.ts'
import { putSample, readSample, sampleShard, type SampleShard } from './sample-shard.ts'
import { primitives, smallStore } from './store-harness.ts'

/** One store on a simulated disk, to be damaged and opened again. */
export class StoreWorld {
  readonly random = new SeededRandom(3)
  readonly scheduler = new Scheduler(this.random.fork())
  readonly disk = new SimulatedDisk({ scheduler: this.scheduler, random: this.random.fork() })

  /** Records between two indexes on disk; default the limit. */
  checkpointRecords: number = limits.checkpointRecords

  /** What the store is given as its disk; tests put their own around it. */
  wrap: (disk: Disk) => Disk = (disk) => disk

  open(diskReserveBytes: number = smallStore.diskReserveBytes): Promise<ShardStore> {
    return openSegmentStore({
      disk: this.wrap(this.disk.process()),
      clock: this.scheduler.clock(),
      random: this.random,
      primitives,
      segmentBytes: smallStore.segmentBytes,
      checkpointRecords: this.checkpointRecords,
      diskReserveBytes,
    })
  }

  sample(bytes = 640): SampleShard {
    return sampleShard({ random: this.random, primitives, bytes })
  }

  async putSome(store: ShardStore, count: number, bytes = 640): Promise<SampleShard[]> {
    const samples = Array.from({ length: count }, () => this.sample(bytes))
    for (const sample of samples) await putSample(store, sample)
    return samples
  }
}

export function inStoreWorld(work: (world: StoreWorld) => Promise<void>): Promise<void> {
  const world = new StoreWorld()
  return world.scheduler.run(work(world), { timeMaxMs: 1e7 })
}

export async function requireAll(
  store: ShardStore,
  samples: readonly SampleShard[],
): Promise<void> {
  for (const sample of samples) assert.deepEqual(await readSample(store, sample), sample.content)
}
