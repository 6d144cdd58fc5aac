/** Puts and removals: one at a time for each shard id, many at a time otherwise. */
import { equalBytes } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { paddedBytes } from './batch-layout.ts'
import type { ShardBuffer } from './buffer-pool.ts'
import type { GroupCommit } from './group-commit.ts'
import {
  plannedDelete,
  plannedShard,
  shardIdOfHeader,
  type PlannedRecord,
  type WrittenRecord,
} from './planned-record.ts'
import { recordSpan } from './record.ts'
import type { SegmentLog } from './segment-log.ts'
import type { ShardReading } from './shard-reading.ts'
import type { BatchShard, RemoveResult, StoredBatch, StoredShard } from './shard-store.ts'
import { storeFailure } from './store-failure.ts'
import type { StoreHealth } from './store-health.ts'
import type { StoreIndex } from './store-index.ts'

export interface ShardWritingOptions {
  readonly clock: Clock
  readonly index: StoreIndex
  readonly reading: ShardReading
  readonly log: SegmentLog
  readonly commit: GroupCommit
  readonly health: StoreHealth
}

interface PutUnderWay {
  readonly root: Uint8Array
  readonly stored: Promise<StoredShard>
}

export class ShardWriting {
  readonly #options: ShardWritingOptions
  readonly #puts = new Map<string, PutUnderWay>()
  readonly #removals = new Map<string, Promise<unknown>>()
  /** What the batch that was just made durable holds: shared by all its puts. */
  #batch: { readonly of: readonly WrittenRecord[]; readonly batch: StoredBatch } | undefined

  constructor(options: ShardWritingOptions) {
    this.#options = options
  }

  /** Whether a put or removal of this shard is under way: then compaction leaves it alone. */
  isChanging(shardId: Uint8Array): boolean {
    const key = shardId.toHex()
    return this.#puts.has(key) || this.#removals.has(key)
  }

  /** A batch has become durable; called before its puts are told. */
  durable(records: readonly WrittenRecord[]): void {
    const shards: BatchShard[] = []
    for (const { header } of records) {
      if (header.type !== 'shard' || header.moved) continue
      const { shardId, root, recordNumber } = header
      shards.push({ shardId, root, recordNumber })
    }
    this.#batch = { of: records, batch: { shards } }
  }

  async put(buffer: ShardBuffer, root: Uint8Array): Promise<StoredShard> {
    const shardId = shardIdOfHeader(buffer.body)
    const key = shardId.toHex()
    for (;;) {
      const underWay = this.#puts.get(key)
      if (underWay !== undefined) {
        if (!equalBytes(underWay.root, root)) throw exists()
        return underWay.stored
      }
      const removal = this.#removals.get(key)
      if (removal !== undefined) {
        await removal.catch(() => undefined)
        continue
      }
      const held = this.#options.index.shards.find(shardId)
      if (held === undefined) return this.#begin(key, { shardId, buffer, root })
      const known = await this.#knownRoot(shardId)
      // Reading took time: what was found must still be so
      const now = this.#options.index.shards.find(shardId)
      if (now?.recordNumber !== held.recordNumber || this.isChanging(shardId)) continue
      if (known !== undefined && !equalBytes(known, root)) throw exists()
      if (known !== undefined && !now.damaged) return alreadyStored(now, root)
      return this.#begin(key, { shardId, buffer, root })
    }
  }

  async remove(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    const key = shardId.toHex()
    for (;;) {
      const removal = this.#removals.get(key)
      if (removal === undefined) break
      await removal.catch(() => undefined)
    }
    const held = this.#options.index.shards.find(shardId)
    if (held === undefined) return 'absent'
    if (held.recordNumber > recordNumber) return 'kept'
    const removed = this.#writeDelete(shardId.slice(), recordNumber)
    this.#removals.set(key, removed)
    const ended = (): boolean => this.#removals.delete(key)
    removed.then(ended, ended)
    return removed
  }

  /** The root the disk has for it; undefined when its record cannot be read. */
  async #knownRoot(shardId: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return (await this.#options.reading.describe(shardId))?.root
    } catch (error) {
      if (hasCode(error, 'CORRUPT')) return undefined
      throw error
    }
  }

  #begin(
    key: string,
    shard: {
      readonly shardId: Uint8Array
      readonly buffer: ShardBuffer
      readonly root: Uint8Array
    },
  ): Promise<StoredShard> {
    this.#refuseTooMuch(shard.buffer.body.length)
    const stored = this.#writeShard({ ...shard, root: shard.root.slice() })
    this.#puts.set(key, { root: shard.root.slice(), stored })
    const ended = (): boolean => this.#puts.delete(key)
    stored.then(ended, ended)
    return stored
  }

  #refuseTooMuch(bodyBytes: number): void {
    const { health, commit, log } = this.#options
    const bytes = paddedBytes(bodyBytes + replaceBytes)
    if (bytes > log.batchBytesMax) {
      const message = `Cannot store a shard of ${bodyBytes} bytes in segments of ${log.batchBytesMax}`
      throw new HoldfastError('OVER_LIMIT', message)
    }
    if (commit.queuedBytes + bytes <= health.freeBytes) return
    health.outOfSpace()
    throw new HoldfastError('NO_SPACE', `Cannot store a shard of ${bodyBytes} bytes: disk is full`)
  }

  #writeShard(shard: {
    readonly shardId: Uint8Array
    readonly buffer: ShardBuffer
    readonly root: Uint8Array
  }): Promise<StoredShard> {
    const { shardId, buffer, root } = shard
    const bodyBytes = buffer.body.length
    const storedMs = this.#options.clock.nowMs()
    const record = plannedShard({
      moved: false,
      recordNumber: undefined,
      shardId,
      storedMs,
      root,
      block: buffer.block,
      bodyBytes,
    })
    return new Promise((resolve, reject) => {
      this.#options.commit.add({
        bodyBytes: bodyBytes + replaceBytes,
        plan: () => [...this.#deleteOf(shardId, Infinity), record],
        written: (records) => resolve(this.#storedShard(records.at(-1)!)),
        failed: (cause) => reject(storeFailure('store a shard', cause)),
      })
    })
  }

  #writeDelete(shardId: Uint8Array, recordNumber: number): Promise<RemoveResult> {
    return new Promise((resolve, reject) => {
      this.#options.commit.add({
        bodyBytes: 0,
        plan: () => this.#deleteOf(shardId, recordNumber),
        written: () => resolve('removed'),
        failed: (cause) => reject(storeFailure('remove a shard', cause)),
      })
    })
  }

  /**
   * Delete records for what is held, unless it is newer: one for its segment, and one for each older segment
   * that is being emptied, where a copy of it may be left.
   */
  #deleteOf(shardId: Uint8Array, recordNumberMax: number): PlannedRecord[] {
    const held = this.#options.index.shards.find(shardId)
    if (held === undefined || held.recordNumber > recordNumberMax) return []
    const { recordNumber, segment } = held
    const storedMs = this.#options.clock.nowMs()
    const deadSegments = [segment, ...this.#options.index.segments.emptyingBefore(segment)]
    return deadSegments.map((deadSegment) =>
      plannedDelete({ shardId, recordNumber, deadSegment, storedMs, moved: false }),
    )
  }

  #storedShard(record: WrittenRecord): StoredShard {
    const { recordNumber } = record.header
    const { shards } = this.#batch!.batch
    const position = shards.findIndex((shard) => shard.recordNumber === recordNumber)
    return { recordNumber, batch: this.#batch!.batch, position }
  }
}

/** What the delete record of a damaged one before it takes. */
const replaceBytes = recordSpan(0)

function alreadyStored(
  held: { readonly shardId: Uint8Array; readonly recordNumber: number },
  root: Uint8Array,
): StoredShard {
  const { shardId, recordNumber } = held
  const batch = { shards: [{ shardId, root: root.slice(), recordNumber }] }
  return { recordNumber, batch, position: 0 }
}

function exists(): HoldfastError {
  return new HoldfastError('EXISTS', 'Cannot store the shard: it is held with another root')
}
