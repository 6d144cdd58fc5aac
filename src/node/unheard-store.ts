/**
 * A store without records takes none until the coordinator has answered a heartbeat that named it: what a store
 * holds that appears with records counts as another grid's, and is kept until the operator says otherwise.
 */
import type { ShardStore } from '../blocks/shard-store.ts'
import { HoldfastError } from '../base/errors.ts'

export class UnheardStore {
  #isHeard: boolean

  /** One that has records was heard of before it took the first. */
  constructor(store: Pick<ShardStore, 'lastRecord'>) {
    this.#isHeard = store.lastRecord > 0
  }

  /** The coordinator answered a heartbeat that named the store. */
  heard(): void {
    this.#isHeard = true
  }

  /** READ_ONLY until it was heard of: another node takes the shard meanwhile. */
  expectHeard(): void {
    if (this.#isHeard) return
    throw new HoldfastError('READ_ONLY', 'The store is new: the coordinator does not know it yet', {
      hint: 'Try again when the node has reached the coordinator; see its log',
    })
  }
}
