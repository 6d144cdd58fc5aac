import type { Count } from '../counters.ts'
import type { ShardStore } from '../../../blocks/shard-store.ts'

/** `wrong-bytes`: reads give bytes that look right. `keeps-nothing`: receipts for what is not kept. */
export type Lie = 'none' | 'wrong-bytes' | 'keeps-nothing'

/** The same store, of a node that lies as long as `lie` says so. */
export function lyingStore(
  store: ShardStore,
  { lie, count }: { readonly lie: () => Lie; readonly count: Count },
): ShardStore {
  return passingOn(store, {
    async put(buffer, options) {
      const stored = await store.put(buffer, options)
      if (lie() === 'keeps-nothing') {
        count('lies: shards not kept')
        const { shardId, recordNumber } = stored.batch.shards[stored.position]!
        await store.remove(shardId, recordNumber)
      }
      return stored
    },
    async read(shardId, range) {
      const found = await store.read(shardId, range)
      if (found && lie() === 'wrong-bytes') {
        count('lies: wrong bytes given')
        range.target[range.target.length >> 1]! ^= 0x10
      }
      return found
    },
  })
}

/** A store that does as another but for what is given. */
export function passingOn(store: ShardStore, changed: Partial<ShardStore>): ShardStore {
  return {
    get storeId() {
      return store.storeId
    },
    get lastRecord() {
      return store.lastRecord
    },
    get state() {
      return store.state
    },
    get term() {
      return store.term
    },
    allocate: (bodyBytes, options) => store.allocate(bodyBytes, options),
    tryAllocate: (bodyBytes) => store.tryAllocate(bodyBytes),
    put: (buffer, options) => store.put(buffer, options),
    find: (shardId) => store.find(shardId),
    read: (shardId, range) => store.read(shardId, range),
    readHeader: (shardId) => store.readHeader(shardId),
    list: (options) => store.list(options),
    remove: (shardId, recordNumber) => store.remove(shardId, recordNumber),
    markDamaged: (shardId, recordNumber) => store.markDamaged(shardId, recordNumber),
    raiseTerm: (term) => store.raiseTerm(term),
    usage: () => store.usage(),
    probe: () => store.probe(),
    work: () => store.work(),
    close: () => store.close(),
    ...changed,
  }
}
