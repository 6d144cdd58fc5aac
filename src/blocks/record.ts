/** The headers of records (docs/store.md, section 2). */
import { compareBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { headerBytes, shardIdBytes } from '../core/shard.ts'
import { label, labelledKeyedHash } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'
import { roundUp } from '../base/aligned.ts'

export const recordHeaderBytes = 128
/** Where a record may begin. */
export const recordAlignBytes = 64
/** "HFR1" as a little-endian number: what a record begins with. */
export const recordMagic = 0x31524648
/** From a record's beginning to its shard's data. */
export const recordDataOffset = recordHeaderBytes + headerBytes

const version = 1
const checksumOffset = 112
const checksumLabel = label('store record')
const types = ['shard', 'delete', 'void'] as const

export type RecordType = (typeof types)[number]

export interface RecordHeader {
  readonly type: RecordType
  readonly moved: boolean
  readonly sequence: number
  readonly recordNumber: number
  /** Every record up to this sequence number was durable when this one was written. */
  readonly durable: number
  readonly shardId: Uint8Array
  /** Header and data of a shard, else 0. */
  readonly bodyBytes: number
  /** Of a delete: the segment that held what it removes; else 0. */
  readonly deadSegment: number
  readonly storedMs: number
  /** 32 bytes; zeros but for shards. */
  readonly root: Uint8Array
}

/** Key and place that a record's checksum covers. */
export interface RecordPlace {
  readonly storeKey: Uint8Array
  readonly segment: number
  /** Of the record's first byte, in its segment. */
  readonly offset: number
}

/** Writes the header into the first 128 bytes of `into`. */
export function writeRecordHeader(
  primitives: Primitives,
  header: RecordHeader,
  { place, into }: { readonly place: RecordPlace; readonly into: Uint8Array },
): void {
  const view = new DataView(into.buffer, into.byteOffset, recordHeaderBytes)
  into.fill(0, 0, recordHeaderBytes)
  view.setUint32(0, recordMagic, true)
  view.setUint16(4, version, true)
  view.setUint8(6, types.indexOf(header.type) + 1)
  view.setUint8(7, header.moved ? 1 : 0)
  view.setBigUint64(8, BigInt(header.sequence), true)
  view.setBigUint64(16, BigInt(header.recordNumber), true)
  view.setBigUint64(24, BigInt(header.durable), true)
  into.set(header.shardId, 32)
  view.setUint32(56, header.bodyBytes, true)
  view.setUint32(60, header.deadSegment, true)
  view.setBigUint64(64, BigInt(header.storedMs), true)
  into.set(header.root, 72)
  into.set(checksum(primitives, into, place), checksumOffset)
}

/**
 * The header at the beginning of `bytes` (views, no copies); undefined when there is none of this store at
 * this place. Throws HOME_TOO_NEW for one of a later version.
 */
export function readRecordHeader(
  primitives: Primitives,
  bytes: Uint8Array,
  place: RecordPlace,
): RecordHeader | undefined {
  if (bytes.length < recordHeaderBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, recordHeaderBytes)
  if (view.getUint32(0, true) !== recordMagic) return undefined
  const expected = checksum(primitives, bytes, place)
  const found = bytes.subarray(checksumOffset, recordHeaderBytes)
  if (compareBytes(found, expected) !== 0) return undefined
  refuseNewer(view)
  const type = types[view.getUint8(6) - 1]
  if (type === undefined) return undefined
  return {
    type,
    moved: (view.getUint8(7) & 1) !== 0,
    sequence: Number(view.getBigUint64(8, true)),
    recordNumber: Number(view.getBigUint64(16, true)),
    durable: Number(view.getBigUint64(24, true)),
    shardId: bytes.subarray(32, 32 + shardIdBytes),
    bodyBytes: view.getUint32(56, true),
    deadSegment: view.getUint32(60, true),
    storedMs: Number(view.getBigUint64(64, true)),
    root: bytes.subarray(72, 104),
  }
}

/** From a record's beginning to where the next may begin. */
export function recordSpan(bodyBytes: number): number {
  return roundUp(recordHeaderBytes + bodyBytes, recordAlignBytes)
}

function checksum(primitives: Primitives, bytes: Uint8Array, place: RecordPlace): Uint8Array {
  const where = new Uint8Array(8)
  const view = new DataView(where.buffer)
  view.setUint32(0, place.segment, true)
  view.setUint32(4, place.offset, true)
  const use = { key: place.storeKey, label: checksumLabel }
  const covered = bytes.subarray(0, checksumOffset)
  return labelledKeyedHash(primitives, use, where, covered).subarray(0, 16)
}

function refuseNewer(view: DataView): void {
  const found = view.getUint16(4, true)
  if (found <= version) return
  throw new HoldfastError('HOME_TOO_NEW', `Cannot read a record of version ${found}`)
}
