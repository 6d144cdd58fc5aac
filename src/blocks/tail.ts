/** The batch that was being written when a process ended (docs/store.md, section 6, step 4). */
import { alignBytes } from '../base/aligned.ts'
import type { DiskFile } from '../base/disk.ts'
import { hasCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { recordHeaderBytes, writeRecordHeader } from './record.ts'
import { segmentFolder, segmentPath } from './segment-path.ts'
import type { StoreFaults } from './store-faults.ts'
import type { StoreFiles } from './store-files.ts'
import type { IndexedRecord } from './store-index.ts'
import type { Superblock } from './superblock.ts'
import { isUnreadable } from './unreadable.ts'
import { bodyHasRoot } from './verify-body.ts'

export interface TailOptions extends StoreFiles {
  readonly superblock: Superblock
  /** Nothing can be written: the tail is checked, but not written again. */
  readonly readOnly: boolean
  readonly faults: StoreFaults
}

export interface SettledTail {
  /** Records that count: the whole ones, and as damaged the unsettled ones. */
  readonly kept: readonly IndexedRecord[]
  /** How many the disk lets neither be written again nor be made void. */
  readonly unsettled: number
}

/** Makes the whole records of the tail durable and the others void on disk, as far as the disk lets it. */
export async function settleTail(
  tail: readonly IndexedRecord[],
  options: TailOptions,
): Promise<SettledTail> {
  const kept: IndexedRecord[] = []
  let unsettled = 0
  for (const [segment, records] of Map.groupBy(tail, (record) => record.place.segment)) {
    const settled = await settleSegment(segment, records, options)
    kept.push(...settled.kept)
    unsettled += settled.unsettled
  }
  if (tail.length > 0 && !options.readOnly) await options.disk.syncFolder(segmentFolder)
  return { kept, unsettled }
}

async function settleSegment(
  segment: number,
  records: readonly IndexedRecord[],
  options: TailOptions,
): Promise<SettledTail> {
  const kept: IndexedRecord[] = []
  let unsettled = 0
  try {
    const file = await options.disk.open(segmentPath(segment), { write: !options.readOnly })
    try {
      for (const record of records) {
        const settled = await settleRecord(file, record, options)
        if (settled === 'unsettled') unsettled += 1
        if (settled !== 'void') kept.push(settled === 'whole' ? record : asDamaged(record))
      }
      if (!options.readOnly) await file.sync()
    } finally {
      await file.close()
    }
    return { kept, unsettled }
  } catch (error) {
    refuseUnlessBadDisk(error)
    // Whatever reads back of this segment's last batch, it may be in memory only
    return { kept: records.map(asDamaged), unsettled: records.length }
  }
}

async function settleRecord(
  file: DiskFile,
  record: IndexedRecord,
  options: TailOptions,
): Promise<'whole' | 'void' | 'unsettled'> {
  const { header, place } = record
  const bytes = new Uint8Array(recordHeaderBytes + header.bodyBytes)
  const isWhole = await readWhole(file, record, { ...options, bytes })
  if (options.readOnly) return isWhole ? 'whole' : 'void'
  try {
    if (isWhole) {
      // After a failed sync it may be in memory only, for all that a read can tell
      await file.write([bytes], place.offset)
      return 'whole'
    }
    await file.write([voidOf(record, options)], place.offset)
    return 'void'
  } catch (error) {
    refuseUnlessBadDisk(error)
    return 'unsettled'
  }
}

/** Reads the record; whether all of it is there. */
async function readWhole(
  file: DiskFile,
  { header, place }: IndexedRecord,
  { primitives, faults, bytes }: TailOptions & { readonly bytes: Uint8Array },
): Promise<boolean> {
  try {
    if ((await file.read(bytes, place.offset)) < bytes.length) return false
  } catch (error) {
    if (!isUnreadable(error)) throw error
    return false
  }
  if (header.type !== 'shard' || faults.has('torn-tail')) return true
  return bodyHasRoot(primitives, bytes.subarray(recordHeaderBytes), header.root)
}

/** A void record in its place: of a large one the whole first block, for a bad sector is mended only by that. */
function voidOf({ header, place }: IndexedRecord, options: TailOptions): Uint8Array {
  const { primitives, superblock } = options
  const isLarge = recordHeaderBytes + header.bodyBytes > limits.gatherRecordBytesMax
  const into = new Uint8Array(isLarge ? alignBytes : recordHeaderBytes)
  const where = { storeKey: superblock.storeKey, ...place }
  writeRecordHeader(primitives, { ...header, type: 'void' }, { place: where, into })
  return into
}

function asDamaged(record: IndexedRecord): IndexedRecord {
  return record.header.type === 'shard' ? { ...record, damaged: true } : record
}

/** One place that cannot be written must not keep a store closed; a disk that is gone does. */
function refuseUnlessBadDisk(error: unknown): void {
  const isRefused = hasCode(error, 'NO_SPACE') || hasCode(error, 'READ_ONLY')
  if (!isRefused && !isUnreadable(error)) throw error
}
