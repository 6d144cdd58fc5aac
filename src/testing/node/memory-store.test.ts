import { shardStoreConformance } from '../conformance/shard-store.ts'
import { primitives } from '../conformance/store-harness.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { openMemoryStore } from './memory-store.ts'

shardStoreConformance('in memory', async (work) => {
  const random = new SeededRandom(5)
  const clock = new Scheduler(random.fork()).clock()
  const open = async () => openMemoryStore({ clock, random, receiveBytesMax: 1024 * 1024 })
  await work({ primitives, random, open })
})
