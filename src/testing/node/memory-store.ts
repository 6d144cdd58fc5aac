import { compareBytes, equalBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { headerBytes } from '../../core/shard.ts'
import { BufferPool, type ShardBuffer } from '../../blocks/buffer-pool.ts'
import { shardIdOfHeader, vaultOfHeader } from '../../blocks/planned-record.ts'
import type {
  BatchShard,
  HeldShard,
  Listing,
  ListOptions,
  ReadRange,
  RemoveResult,
  ShardDescription,
  ShardStore,
  StoredShard,
  StoreState,
  StoreUsage,
  WorkDone,
} from '../../blocks/shard-store.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  readonly random: Random
  /** Default: no bound. */
  readonly bytesMax?: number
  readonly receiveBytesMax?: number
}

/** A store in memory, for tests of what stands above it. */
export function openMemoryStore(options: MemoryStoreOptions): ShardStore {
  return new MemoryStore(options)
}

interface MemoryShard extends ShardDescription {
  readonly content: Uint8Array
}

interface Gathering {
  readonly shards: BatchShard[]
  readonly done: Promise<void>
}

class MemoryStore implements ShardStore {
  readonly storeId: Uint8Array
  readonly #clock: Clock
  readonly #bytesMax: number
  readonly #pool: BufferPool
  readonly #shards = new Map<string, MemoryShard>()
  #gathering: Gathering | undefined
  #usedBytes = 0
  #term = 0
  #lastRecord = 0
  #closed = false

  constructor({ clock, random, bytesMax, receiveBytesMax }: MemoryStoreOptions) {
    this.storeId = random.bytes(16)
    this.#clock = clock
    this.#bytesMax = bytesMax ?? Number.MAX_SAFE_INTEGER
    this.#pool = new BufferPool(receiveBytesMax ?? limits.nodeReceiveBytesMax)
  }

  get lastRecord(): number {
    return this.#lastRecord
  }

  get term(): number {
    return this.#term
  }

  get state(): StoreState {
    if (this.#closed) return { kind: 'disk-gone', reason: 'The store is closed' }
    if (this.#usedBytes < this.#bytesMax) return { kind: 'serving' }
    return { kind: 'read-only', cause: 'space', reason: 'The memory for shards is used up' }
  }

  allocate(
    bodyBytes: number,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<ShardBuffer> {
    return this.#pool.take(bodyBytes, options.signal)
  }

  tryAllocate(bodyBytes: number): ShardBuffer | undefined {
    return this.#pool.tryTake(bodyBytes)
  }

  async put(buffer: ShardBuffer, { root }: { readonly root: Uint8Array }): Promise<StoredShard> {
    try {
      this.#refuseClosed()
      const shardId = shardIdOfHeader(buffer.body)
      const held = this.#shards.get(shardId.toHex())
      if (held !== undefined && !equalBytes(held.root, root)) {
        throw new HoldfastError('EXISTS', 'Cannot store the shard: it is held with another root')
      }
      if (held === undefined || held.damaged) this.#keep(shardId, buffer, root)
      const { recordNumber } = this.#shards.get(shardId.toHex())!
      return await this.#inBatch({ shardId, root: root.slice(), recordNumber })
    } finally {
      buffer.release()
    }
  }

  find(shardId: Uint8Array): HeldShard | undefined {
    const shard = this.#shards.get(shardId.toHex())
    if (shard === undefined) return undefined
    const { vault, dataBytes, recordNumber, damaged } = shard
    return { shardId: shard.shardId, vault, dataBytes, recordNumber, damaged }
  }

  async read(shardId: Uint8Array, { offset, target }: ReadRange): Promise<boolean> {
    this.#refuseClosed()
    const shard = this.#shards.get(shardId.toHex())
    if (shard === undefined) return false
    const end = offset + target.length
    if (end > shard.dataBytes) {
      const message = `Cannot read up to byte ${end} of a shard of ${shard.dataBytes} bytes`
      throw new HoldfastError('OVER_LIMIT', message)
    }
    target.set(shard.content.subarray(offset, end))
    return true
  }

  async readHeader(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    this.#refuseClosed()
    const shard = this.#shards.get(shardId.toHex())
    return shard && describe(shard)
  }

  async list(options: ListOptions): Promise<Listing> {
    this.#refuseClosed()
    const { after, most } = options
    const shards = [...this.#shards.values()]
      .filter(({ shardId }) => after === undefined || compareBytes(shardId, after) > 0)
      .toSorted((left, right) => compareBytes(left.shardId, right.shardId))
    return { shards: shards.slice(0, most).map(describe), more: shards.length > most }
  }

  async remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    this.#refuseClosed()
    const shard = this.#shards.get(shardId.toHex())
    if (shard === undefined) return 'absent'
    if (shard.recordNumber > recordNumber) return 'kept'
    this.#shards.delete(shardId.toHex())
    this.#usedBytes -= shard.dataBytes
    this.#lastRecord += 1
    return 'removed'
  }

  markDamaged(shardId: Uint8Array, recordNumber: number): void {
    const shard = this.#shards.get(shardId.toHex())
    if (shard?.recordNumber !== recordNumber) return
    this.#shards.set(shardId.toHex(), { ...shard, damaged: true })
  }

  async raiseTerm(term: number): Promise<void> {
    this.#refuseClosed()
    this.#term = Math.max(this.#term, term)
  }

  usage(): StoreUsage {
    const [usedBytes, shards] = [this.#usedBytes, this.#shards.size]
    return { shards, usedBytes, liveBytes: usedBytes, freeBytes: this.#bytesMax - usedBytes }
  }

  async probe(): Promise<StoreState> {
    return this.state
  }

  async work(): Promise<WorkDone> {
    return 'nothing-to-do'
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #keep(shardId: Uint8Array, { body }: ShardBuffer, root: Uint8Array): void {
    const content = body.slice(headerBytes)
    if (this.#usedBytes + content.length > this.#bytesMax) {
      throw new HoldfastError('NO_SPACE', `Cannot store a shard of ${body.length} bytes`)
    }
    const known = this.#shards.get(shardId.toHex())
    this.#usedBytes += content.length - (known?.dataBytes ?? 0)
    this.#lastRecord += 1
    this.#shards.set(shardId.toHex(), {
      shardId,
      vault: vaultOfHeader(body),
      dataBytes: content.length,
      recordNumber: this.#lastRecord,
      damaged: false,
      header: body.slice(0, headerBytes),
      root: root.slice(),
      storedMs: this.#clock.nowMs(),
      content,
    })
  }

  /** What is put in one turn is one batch. */
  async #inBatch(shard: BatchShard): Promise<StoredShard> {
    const gathering = (this.#gathering ??= { shards: [], done: this.#endOfTurn() })
    const position = gathering.shards.push(shard) - 1
    await gathering.done
    return { recordNumber: shard.recordNumber, batch: gathering, position }
  }

  async #endOfTurn(): Promise<void> {
    await Promise.resolve()
    this.#gathering = undefined
  }

  #refuseClosed(): void {
    if (this.#closed) throw new HoldfastError('DISK_GONE', 'The store is closed')
  }
}

function describe(shard: MemoryShard): ShardDescription {
  const { shardId, vault, dataBytes, recordNumber, damaged, header, root, storedMs } = shard
  return { shardId, vault, dataBytes, recordNumber, damaged, header, root, storedMs }
}
