/** Reading shards where the index says they are, though compaction may move them meanwhile. */
import { HoldfastError } from '../base/errors.ts'
import { equalBytes } from '../base/bytes.ts'
import type { Primitives } from '../core/primitives.ts'
import type { IndexEntry } from './index-entries.ts'
import { readRecordHeader, recordDataOffset, recordHeaderBytes } from './record.ts'
import type { SegmentReaders } from './segment-readers.ts'
import type { ShardDescription, ReadRange } from './shard-store.ts'
import type { StoreIndex } from './store-index.ts'
import { isUnreadable } from './unreadable.ts'

export interface ShardReadingOptions {
  readonly index: StoreIndex
  readonly readers: SegmentReaders
  readonly primitives: Primitives
  readonly storeKey: Uint8Array
}

export class ShardReading {
  readonly #options: ShardReadingOptions

  constructor(options: ShardReadingOptions) {
    this.#options = options
  }

  /** False when there is no such shard. */
  async read(shardId: Uint8Array, { offset, target }: ReadRange): Promise<boolean> {
    const done = await this.#whereItIs(shardId, async (entry) => {
      refuseBeyond(entry, offset + target.length)
      await this.#fill(entry, target, recordDataOffset + offset)
      return true
    })
    return done ?? false
  }

  /** Undefined when there is no such shard. Throws CORRUPT when its record cannot be read. */
  async describe(shardId: Uint8Array): Promise<ShardDescription | undefined> {
    return this.#whereItIs(shardId, async (entry) => {
      const bytes = new Uint8Array(recordDataOffset)
      await this.#fill(entry, bytes, 0)
      const { primitives, storeKey } = this.#options
      const { segment, offset } = entry
      const header = readRecordHeader(primitives, bytes, { storeKey, segment, offset })
      if (header === undefined || !equalBytes(header.shardId, shardId)) {
        throw corrupt(entry, 'its record is damaged')
      }
      const { root, storedMs } = header
      return { ...held(entry), header: bytes.subarray(recordHeaderBytes), root, storedMs }
    })
  }

  /** Tries again where the shard has gone, when it is not where it was. */
  async #whereItIs<Value>(
    shardId: Uint8Array,
    work: (entry: IndexEntry) => Promise<Value>,
  ): Promise<Value | undefined> {
    const { shards } = this.#options.index
    for (;;) {
      const entry = shards.find(shardId)
      if (entry === undefined) return undefined
      try {
        return await work(entry)
      } catch (error) {
        const now = shards.find(shardId)
        if (now?.segment === entry.segment && now.offset === entry.offset) throw error
      }
    }
  }

  async #fill(entry: IndexEntry, target: Uint8Array, from: number): Promise<void> {
    const position = entry.offset + from
    let length: number
    try {
      length = await this.#options.readers.read(entry.segment, target, position)
    } catch (cause) {
      if (!isUnreadable(cause)) throw cause
      throw corrupt(entry, 'the disk cannot read it', cause)
    }
    if (length < target.length) throw corrupt(entry, 'its segment ends before it')
  }
}

export function held(entry: IndexEntry): Omit<IndexEntry, 'segment' | 'offset'> {
  const { shardId, vault, dataBytes, recordNumber, damaged } = entry
  return { shardId, vault, dataBytes, recordNumber, damaged }
}

function refuseBeyond(entry: IndexEntry, end: number): void {
  if (end <= entry.dataBytes) return
  const message = `Cannot read up to byte ${end} of a shard of ${entry.dataBytes} bytes`
  throw new HoldfastError('OVER_LIMIT', message)
}

function corrupt(entry: IndexEntry, why: string, cause?: unknown): HoldfastError {
  const message = `Cannot read record ${entry.recordNumber} in segment ${entry.segment}: ${why}`
  return new HoldfastError('CORRUPT', message, { cause })
}
