import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { ShardStore } from './shard-store.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  readonly random: Random
  /** Default: no bound. */
  readonly bytesMax?: number
}

/** A store in memory, for tests of what stands above it. */
export function openMemoryStore(_options: MemoryStoreOptions): ShardStore {
  throw new Error('not yet')
}
