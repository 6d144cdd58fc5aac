/** Worlds in which the conformance suite of the store runs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNodeDisk } from '../../blocks/adapters/node-disk.ts'
import { openSegmentStore } from '../../blocks/segment-store.ts'
import type { ShardStore } from '../../blocks/shard-store.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import type { Disk } from '../../base/disk.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { SimulatedDisk } from '../simulation/simulated-disk.ts'
import type { StoreHarness } from './shard-store-kit.ts'

export const primitives = createNativePrimitives()

/** Small enough that a few dozen shards fill several segments. */
export const smallStore = {
  segmentBytes: 1024 * 1024,
  diskReserveBytes: 1024 * 1024,
  receiveBytesMax: 1024 * 1024,
} as const

export const simulatedHarness: StoreHarness = async (work) => {
  const random = new SeededRandom(7)
  const scheduler = new Scheduler(random.fork())
  const disk = new SimulatedDisk({ scheduler, random: random.fork() })
  const clock = scheduler.clock()
  const open = (): Promise<ShardStore> =>
    openSegmentStore({ disk: disk.process(), clock, random, primitives, ...smallStore })
  const reopen = async (store: ShardStore): Promise<ShardStore> => {
    await store.close()
    return open()
  }
  await scheduler.run(work({ primitives, random, open, reopen }), { timeMaxMs: 1e7 })
}

export const realHarness: StoreHarness = async (work) => {
  const random = new SeededRandom(7)
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-store-'))
  const clock = new Scheduler(random.fork()).clock()
  const open = async (): Promise<ShardStore> => {
    const disk: Disk = await openNodeDisk(join(folder, 'store'))
    return openSegmentStore({ disk, clock, random, primitives, ...smallStore })
  }
  const reopen = async (store: ShardStore): Promise<ShardStore> => {
    await store.close()
    return open()
  }
  try {
    await work({ primitives, random, open, reopen })
  } finally {
    await rm(folder, { recursive: true })
  }
}
