/** The world in which a ShardStore is tried. */
import type { ShardStore } from '../../blocks/shard-store.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { SeededRandom } from '../simulation/seeded-random.ts'

export interface StoreKit {
  readonly primitives: Primitives
  readonly random: SeededRandom
  /** An empty store, which receives at most 1 MiB at once. */
  open(): Promise<ShardStore>
  /** Closes it and opens what it left; absent where nothing is left. */
  readonly reopen?: (store: ShardStore) => Promise<ShardStore>
}

/** Runs one case in the kit's world, and frees what it used. */
export type StoreHarness = (work: (kit: StoreKit) => Promise<void>) => Promise<void>
