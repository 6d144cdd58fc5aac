import type { Primitives } from '../core/primitives.ts'
import { readRecordHeader, recordHeaderBytes } from './record.ts'
import type { SegmentReaders } from './segment-readers.ts'
import { spanOf, type StoreIndex } from './store-index.ts'
import { isUnreadable } from './unreadable.ts'
import { bodyHasRoot } from './verify-body.ts'

export interface SegmentCheckOptions {
  readonly index: StoreIndex
  readonly readers: SegmentReaders
  readonly primitives: Primitives
  readonly storeKey: Uint8Array
}

/**
 * Reads every shard that is held in a segment and marks those damaged that do not have their roots. Returns
 * how many it found.
 */
export async function checkSegment(
  segment: number,
  { index, readers, primitives, storeKey }: SegmentCheckOptions,
): Promise<number> {
  const { entries } = index.shards
  let found = 0
  for (let number = 0; number < entries.end; number += 1) {
    if (!entries.isLive(number) || entries.segment(number) !== segment) continue
    const { shardId, recordNumber, offset, dataBytes } = entries.get(number)
    const record = new Uint8Array(spanOf({ dataBytes }))
    let header: ReturnType<typeof readRecordHeader>
    try {
      await readers.read(segment, record, offset)
      header = readRecordHeader(primitives, record, { storeKey, segment, offset })
    } catch (error) {
      if (!isUnreadable(error)) throw error
    }
    const body = record.subarray(recordHeaderBytes, recordHeaderBytes + (header?.bodyBytes ?? 0))
    if (header !== undefined && bodyHasRoot(primitives, body, header.root)) continue
    index.markDamaged(shardId, recordNumber)
    found += 1
  }
  return found
}
