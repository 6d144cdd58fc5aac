import type { ShardStore, StoredBatch, StoredShard } from '../blocks/shard-store.ts'
import type { Primitives } from '../core/primitives.ts'
import { issueReceipts } from '../core/receipt.ts'
import { decodeShardId } from '../core/shard.ts'
import type { GridTime } from './grid-time.ts'

export interface ReceiptDeskOptions {
  readonly store: ShardStore
  readonly primitives: Primitives
  readonly time: GridTime
  readonly identity: { readonly seed: Uint8Array; readonly publicKey: Uint8Array }
}

/** Signs what became durable: once for each batch, however many ask. */
export class ReceiptDesk {
  readonly #options: ReceiptDeskOptions
  readonly #issued = new WeakMap<StoredBatch, readonly Uint8Array[]>()

  constructor(options: ReceiptDeskOptions) {
    this.#options = options
  }

  receiptFor(stored: StoredShard): Uint8Array {
    const receipts = this.#issued.get(stored.batch) ?? this.#issue(stored.batch)
    return receipts[stored.position]!
  }

  #issue(batch: StoredBatch): readonly Uint8Array[] {
    const { store, primitives, time, identity } = this.#options
    const issuer = {
      nodeKey: identity.publicKey,
      storeId: store.storeId,
      term: store.term,
      timeMs: time.nowMs(),
    }
    const entries = batch.shards.map(({ shardId, root, recordNumber }) => {
      const { pack, index, placementGeneration: generation } = decodeShardId(shardId)
      return { pack, index, generation, root, recordNumber }
    })
    const receipts = issueReceipts(primitives, { issuer, entries }, identity.seed)
    this.#issued.set(batch, receipts)
    return receipts
  }
}
