/** The batch that was being written when a process ended (docs/store.md, section 6, step 4). */
import type { DiskFile } from '../base/disk.ts'
import { recordHeaderBytes, writeRecordHeader } from './record.ts'
import { segmentFolder, segmentPath } from './segment-path.ts'
import type { StoreFaults } from './store-faults.ts'
import type { StoreFiles } from './store-files.ts'
import type { IndexedRecord } from './store-index.ts'
import type { Superblock } from './superblock.ts'
import { bodyHasRoot } from './verify-body.ts'

export interface TailOptions extends StoreFiles {
  readonly superblock: Superblock
  /** Nothing can be written: the tail is checked, but not written again. */
  readonly readOnly: boolean
  readonly faults: StoreFaults
}

/** Which of the tail's records are whole; those are durable afterwards, and the others are void on disk. */
export async function settleTail(
  tail: readonly IndexedRecord[],
  options: TailOptions,
): Promise<IndexedRecord[]> {
  const kept: IndexedRecord[] = []
  for (const [segment, records] of Map.groupBy(tail, (record) => record.place.segment)) {
    kept.push(...(await settleSegment(segment, records, options)))
  }
  if (tail.length > 0 && !options.readOnly) await options.disk.syncFolder(segmentFolder)
  return kept
}

async function settleSegment(
  segment: number,
  records: readonly IndexedRecord[],
  options: TailOptions,
): Promise<IndexedRecord[]> {
  const kept: IndexedRecord[] = []
  const file = await options.disk.open(segmentPath(segment), { write: !options.readOnly })
  try {
    for (const record of records) if (await settleRecord(file, record, options)) kept.push(record)
    if (!options.readOnly) await file.sync()
  } finally {
    await file.close()
  }
  return kept
}

async function settleRecord(
  file: DiskFile,
  { header, place }: IndexedRecord,
  options: TailOptions,
): Promise<boolean> {
  const { primitives, superblock, readOnly } = options
  const bytes = new Uint8Array(recordHeaderBytes + header.bodyBytes)
  const length = await file.read(bytes, place.offset)
  const whole =
    options.faults.has('torn-tail') ||
    header.type !== 'shard' ||
    (length === bytes.length &&
      bodyHasRoot(primitives, bytes.subarray(recordHeaderBytes), header.root))
  if (readOnly) return whole
  if (whole) {
    // After a failed sync it may be in memory only, for all that a read can tell
    await file.write([bytes], place.offset)
    return true
  }
  const into = bytes.subarray(0, recordHeaderBytes)
  const where = { storeKey: superblock.storeKey, ...place }
  writeRecordHeader(primitives, { ...header, type: 'void' }, { place: where, into })
  await file.write([into], place.offset)
  return false
}
