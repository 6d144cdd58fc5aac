import { alignBytes, roundUp } from '../base/aligned.ts'
import { recordHeaderBytes, recordSpan } from './record.ts'
import { isGathered, type PlannedRecord } from './planned-record.ts'

export interface PlacedRecord {
  readonly record: PlannedRecord
  /** From the batch's beginning. */
  readonly offset: number
}

/** Where the records of a batch go: the small ones together first, each large one by itself. */
export interface BatchLayout {
  /** In the order they are written. */
  readonly placed: readonly PlacedRecord[]
  /** Of the small ones, padded. */
  readonly gatheredBytes: number
  readonly bytes: number
}

export function layoutBatch(records: readonly PlannedRecord[]): BatchLayout {
  const placed: PlacedRecord[] = []
  let offset = 0
  for (const record of records) {
    if (!isGathered(record)) continue
    placed.push({ record, offset })
    offset += recordSpan(record.bodyBytes)
  }
  offset = roundUp(offset, alignBytes)
  const gatheredBytes = offset
  for (const record of records) {
    if (isGathered(record)) continue
    placed.push({ record, offset })
    offset += paddedBytes(record.bodyBytes)
  }
  return { placed, gatheredBytes, bytes: offset }
}

/** What a record of this body can take of a batch at most. */
export function paddedBytes(bodyBytes: number): number {
  return roundUp(recordHeaderBytes + bodyBytes, alignBytes)
}
