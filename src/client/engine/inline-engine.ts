import type { Engine, EngineSource } from './engine.ts'
import { Jobs } from './jobs.ts'
import type { CoreParts } from './engine-core.ts'
import { SlotPool } from './slot-pool.ts'
import type { Slot } from './slot-pool.ts'
import { window } from './windows.ts'

/** The engine in this thread: for tests and the simulated world, where it is deterministic. */
export function createInlineEngine(parts: CoreParts, region: Slot): Engine {
  const jobs = new Jobs(parts)
  const digests = new Map<number, EngineSource['digests']>()
  return {
    memory: parts.memory,
    slots: new SlotPool(region),
    threads: 1,
    useVault: (vault) => jobs.useVault(vault),
    async openSource(source) {
      const handle = jobs.openSource(source)
      digests.set(handle.source, source.digests)
      return handle
    },
    window: (job) =>
      window(
        {
          read: async () => jobs.window(job),
          hash: async (part) =>
            jobs.hash({ ...part, hash: job.source, digests: digests.get(job.source) }),
        },
        job,
      ),
    async closeSource(handle) {
      digests.delete(handle.source)
      jobs.dropHash(handle.source)
      jobs.closeSource(handle)
    },
    seal: async (job) => jobs.seal(job),
    batch: async (job) => jobs.batch(job),
    open: async (job) => jobs.open(job),
    write: async (job) => jobs.write(job),
    writeBatch: async (job) => jobs.writeBatch(job),
    reconstruct: async (job) => jobs.reconstruct(job),
    close: async () => {},
  }
}
