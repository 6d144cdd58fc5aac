import type { Engine } from './engine.ts'
import { Jobs } from './jobs.ts'
import type { CoreParts } from './engine-core.ts'
import { SlotPool } from './slot-pool.ts'
import type { Slot } from './slot-pool.ts'

/** The engine in this thread: for tests and the simulated world, where it is deterministic. */
export function createInlineEngine(parts: CoreParts, region: Slot): Engine {
  const jobs = new Jobs(parts)
  return {
    memory: parts.memory,
    slots: new SlotPool(region),
    threads: 1,
    useVault: (vault) => jobs.useVault(vault),
    openSource: async (source) => jobs.openSource(source),
    window: async (job) => jobs.window(job),
    closeSource: async (source) => jobs.closeSource(source),
    seal: async (job) => jobs.seal(job),
    batch: async (job) => jobs.batch(job),
    open: async (job) => jobs.open(job),
    write: async (job) => jobs.write(job),
    writeBatch: async (job) => jobs.writeBatch(job),
    reconstruct: async (job) => jobs.reconstruct(job),
    close: async () => {},
  }
}
