import { limits } from '../base/limits.ts'
import { headerBytes } from '../core/shard.ts'
import type { Place } from './index-entries.ts'
import { recordHeaderBytes, type RecordHeader, type RecordType } from './record.ts'

/** A record before it has its sequence number and place. */
export interface PlannedRecord {
  readonly type: RecordType
  readonly moved: boolean
  /** Undefined: the sequence number it gets. */
  readonly recordNumber: number | undefined
  readonly shardId: Uint8Array
  readonly deadSegment: number
  readonly storedMs: number
  readonly root: Uint8Array
  /** Of a shard: aligned memory whose first 128 bytes are room for the record header, then the body. */
  readonly block: Uint8Array
  /** 0 but for shards. */
  readonly bodyBytes: number
}

/** A record that is durable. */
export interface WrittenRecord {
  readonly planned: PlannedRecord
  readonly header: RecordHeader
  readonly place: Place
  readonly vault: Uint8Array | undefined
}

const noRoot = new Uint8Array(32)
const noBlock = new Uint8Array(0)

/** A delete of the shard's records up to `recordNumber`, which lies in `deadSegment`. */
export function plannedDelete(
  options: Pick<PlannedRecord, 'shardId' | 'deadSegment' | 'storedMs' | 'moved'> & {
    readonly recordNumber: number
  },
): PlannedRecord {
  return { ...options, type: 'delete', root: noRoot, block: noBlock, bodyBytes: 0 }
}

export function plannedShard(options: Omit<PlannedRecord, 'type' | 'deadSegment'>): PlannedRecord {
  return { ...options, type: 'shard', deadSegment: 0 }
}

/** A record that means nothing: it makes the segment it is in the last one. */
export function plannedVoid(storedMs: number): PlannedRecord {
  const nothing = { root: noRoot, block: noBlock, bodyBytes: 0, deadSegment: 0 }
  const shardId = new Uint8Array(21)
  return { ...nothing, type: 'void', moved: false, recordNumber: undefined, shardId, storedMs }
}

/** Whether it is gathered with others instead of being written from where it lies. */
export function isGathered(record: PlannedRecord): boolean {
  return recordHeaderBytes + record.bodyBytes <= limits.gatherRecordBytesMax
}

/** The vault of a planned shard, from the shard's own header in its body. */
export function vaultOf(record: PlannedRecord): Uint8Array | undefined {
  if (record.type !== 'shard') return undefined
  return vaultOfHeader(record.block.subarray(recordHeaderBytes, recordHeaderBytes + headerBytes))
}

/** A copy of the vault id in a shard's own header. */
export function vaultOfHeader(shardHeader: Uint8Array): Uint8Array {
  return shardHeader.slice(32, 48)
}

/** A copy of the shard id that a shard's own header says. */
export function shardIdOfHeader(shardHeader: Uint8Array): Uint8Array {
  const id = new Uint8Array(21)
  id.set(shardHeader.subarray(16, 32))
  id[16] = shardHeader[14]!
  id.set(shardHeader.subarray(48, 52), 17)
  return id
}
