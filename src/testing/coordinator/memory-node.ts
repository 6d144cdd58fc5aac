/** A storage node in memory behind the coordinator's interface to nodes, with the faults tests plan for it. */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { nodeId } from '../../core/node-id.ts'
import type { Primitives } from '../../core/primitives.ts'
import { issueReceipts } from '../../core/receipt.ts'
import { headerBytes, shardIdText, type ShardId } from '../../core/shard.ts'
import type {
  Deleted,
  ListedShard,
  ListOptions,
  NodeStatus,
  PutOptions,
  ReadOptions,
  RecordedShard,
  ShardAddress,
  ShardListing,
  ShardRequests,
} from '../../wire/shard-requests.ts'

interface HeldRecord extends ListedShard {
  readonly header: Uint8Array
  readonly bytes: Uint8Array
}

export class MemoryNode implements ShardRequests {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  /** Hex. */
  readonly node: string
  storeId: Uint8Array
  lastRecord = 0
  /** What the coordinator told it last. */
  mark: string | undefined
  /** Answers nothing. */
  away = false
  /** Is up, and fails at this alone. */
  refuses: 'list' | 'delete' | 'put' | undefined
  /** What its heartbeats say. */
  storeState: NodeStatus['state'] = 'serving'
  /** The coordinator's time, as this node knows it. */
  timeMs = (): number => 1
  /** What `list` says of each shard. */
  ageMs = 0
  readonly records = new Map<string, HeldRecord>()
  readonly #primitives: Primitives
  #stores = 0

  constructor(primitives: Primitives, number: number) {
    this.#primitives = primitives
    this.seed = new Uint8Array(32).fill(100 + number)
    this.publicKey = primitives.signingPublicKey(this.seed)
    this.node = nodeId(primitives, this.publicKey).toHex()
    this.storeId = this.#newStoreId()
  }

  /** As a new disk is. */
  empty(): void {
    this.records.clear()
    this.lastRecord = 0
    this.storeId = this.#newStoreId()
  }

  /** Flips a bit of a shard's data where it lies. */
  rot(shard: ShardId): void {
    const { bytes } = this.#held(shard)
    bytes[bytes.length >> 1]! ^= 1
  }

  put({ shard, vault }: ShardAddress, { root, blocks }: PutOptions): Promise<Uint8Array> {
    return this.#answer(() => {
      this.#refuse('put')
      const known = this.records.get(shardIdText(shard))
      if (known && !equalBytes(known.root, root)) throw new HoldfastError('EXISTS', 'another root')
      const whole = Buffer.concat(blocks)
      const held = known ?? this.#keep({ shard, vault, root, whole })
      return this.receipt(held)
    })
  }

  /** A receipt for a shard, as this node signs it now. */
  receipt({ shard, root, recordNumber }: Pick<ListedShard, 'shard' | 'root' | 'recordNumber'>) {
    const issuer = {
      nodeKey: this.publicKey,
      storeId: this.storeId,
      term: 1,
      timeMs: this.timeMs(),
    }
    const entry = {
      pack: shard.pack,
      index: shard.index,
      generation: shard.placementGeneration,
      root,
      recordNumber,
    }
    return issueReceipts(this.#primitives, { issuer, entries: [entry] }, this.seed)[0]!
  }

  read({ shard }: ShardAddress, { offset, into }: ReadOptions): Promise<void> {
    return this.#answer(() => {
      into.set(this.#held(shard).bytes.subarray(offset, offset + into.length))
    })
  }

  list({ after, most }: ListOptions): Promise<ShardListing> {
    return this.#answer(() => {
      this.#refuse('list')
      const start = after && shardOrder(after)
      const behind = [...this.records.values()]
        .filter(({ shard }) => start === undefined || shardOrder(shard) > start)
        .toSorted((left, right) => (shardOrder(left.shard) < shardOrder(right.shard) ? -1 : 1))
      const shards = behind.slice(0, most).map((held) => ({ ...held, ageMs: this.ageMs }))
      return { shards, more: behind.length > most }
    })
  }

  delete(shards: readonly RecordedShard[]): Promise<Deleted[]> {
    return this.#answer(() => {
      this.#refuse('delete')
      return shards.map(({ shard, recordNumber }) => {
        const held = this.records.get(shardIdText(shard))
        if (held === undefined) return 'absent'
        if (held.recordNumber > recordNumber) return 'kept'
        this.records.delete(shardIdText(shard))
        return 'removed'
      })
    })
  }

  status(): Promise<NodeStatus> {
    return this.#answer(() => ({
      state: 'serving',
      storeId: this.storeId,
      lastRecord: this.lastRecord,
      usedBytes: 0,
      freeBytes: 1e9,
      shards: this.records.size,
      term: 1,
    }))
  }

  readHeader(): never {
    throw new Error('not used')
  }

  proveLeaf(): never {
    throw new Error('not used')
  }

  have(): never {
    throw new Error('not used')
  }

  time(): Promise<void> {
    return this.#answer(() => {})
  }

  #refuse(what: MemoryNode['refuses']): void {
    if (this.refuses === what) throw new HoldfastError('READ_ONLY', `no ${what}`)
  }

  #held(shard: ShardId): HeldRecord {
    const held = this.records.get(shardIdText(shard))
    if (held === undefined) throw new HoldfastError('NOT_FOUND', 'no such shard')
    return held
  }

  #keep(put: ShardAddress & { readonly root: Uint8Array; readonly whole: Uint8Array }): HeldRecord {
    const { shard, vault, root, whole } = put
    this.lastRecord += 1
    const held = {
      shard,
      vault,
      root: root.slice(),
      dataBytes: whole.length - headerBytes,
      recordNumber: this.lastRecord,
      ageMs: 0,
      header: whole.slice(0, headerBytes),
      bytes: whole.slice(headerBytes),
    }
    this.records.set(shardIdText(shard), held)
    return held
  }

  #answer<Value>(answer: () => Value): Promise<Value> {
    if (this.away) return Promise.reject(new HoldfastError('NODE_UNREACHABLE', 'away'))
    try {
      return Promise.resolve(answer())
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #newStoreId(): Uint8Array {
    this.#stores += 1
    return new Uint8Array(16).fill(this.#stores)
  }
}

function shardOrder({ pack, index, placementGeneration }: ShardId): string {
  return `${pack.toHex()}${String(index).padStart(3, '0')}${String(placementGeneration).padStart(10, '0')}`
}
