import { headerBytes } from '../core/shard.ts'
import type { IndexEntry, Place } from './index-entries.ts'
import { recordSpan, type RecordHeader } from './record.ts'
import { SegmentTable } from './segment-table.ts'
import { ShardIndex } from './shard-index.ts'

/** A record as the index takes it in. */
export interface IndexedRecord {
  readonly header: RecordHeader
  readonly place: Place
  /** Of a shard. */
  readonly vault?: Uint8Array | undefined
  /** The shard's own header does not verify. */
  readonly damaged?: boolean
}

/**
 * Shards and segments together: what the records say, applied one by one (docs/store.md, section 3).
 * Applying a record twice, or records that a fuzzy checkpoint already holds, changes nothing.
 */
export class StoreIndex {
  readonly shards: ShardIndex
  readonly segments = new SegmentTable()

  constructor(secret: Uint8Array) {
    this.shards = new ShardIndex(secret)
  }

  apply(record: IndexedRecord): void {
    const { header, place } = record
    const row = this.segments.add(place.segment)
    const end = place.offset + recordSpan(header.bodyBytes)
    const again = end <= row.writtenBytes
    row.writtenBytes = Math.max(row.writtenBytes, end)
    if (header.type === 'shard') this.#applyShard(record)
    if (header.type !== 'delete') return
    this.#applyDelete(header)
    if (again) return
    row.deletes.set(header.deadSegment, (row.deletes.get(header.deadSegment) ?? 0) + 1)
  }

  /** Puts an entry of a checkpoint in; live bytes are counted by `countLive`. */
  load(entry: IndexEntry): void {
    this.shards.set(entry)
  }

  /**
   * Counts the live bytes of all segments anew, and drops entries whose segment is not there. Returns how
   * many it dropped.
   */
  countLive(): number {
    for (const row of this.segments.rows) row.liveBytes = 0
    const lost: Uint8Array[] = []
    const { entries } = this.shards
    for (let number = 0; number < entries.end; number += 1) {
      if (!entries.isLive(number)) continue
      const row = this.segments.get(entries.segment(number))
      if (row === undefined) lost.push(entries.id(number).slice())
      else row.liveBytes += spanOf({ dataBytes: entries.dataBytes(number) })
    }
    for (const shardId of lost) this.shards.delete(shardId)
    return lost.length
  }

  markDamaged(shardId: Uint8Array, recordNumber: number): void {
    const entry = this.shards.find(shardId)
    if (entry?.recordNumber === recordNumber) this.shards.set({ ...entry, damaged: true })
  }

  #applyShard({ header, place, vault, damaged = false }: IndexedRecord): void {
    const known = this.shards.find(header.shardId)
    if (known !== undefined && !isNewer(header, place, known)) {
      if (known.segment !== place.segment) this.segments.beginEmptying(place.segment)
      return
    }
    // What it replaces has no delete record of its own: a copy was made, or the delete was lost
    if (known !== undefined) this.#leave(known, { emptying: known.segment !== place.segment })
    const dataBytes = header.bodyBytes - headerBytes
    const { shardId, recordNumber } = header
    const entry = { ...place, shardId, vault: vault!, dataBytes, recordNumber, damaged }
    this.shards.set(entry)
    this.segments.add(place.segment).liveBytes += spanOf(entry)
  }

  #applyDelete(header: RecordHeader): void {
    const known = this.shards.find(header.shardId)
    if (known === undefined || known.recordNumber > header.recordNumber) return
    this.#leave(known, { emptying: false })
    this.shards.delete(header.shardId)
  }

  #leave(known: IndexEntry, { emptying }: { readonly emptying: boolean }): void {
    const row = this.segments.get(known.segment)
    if (row === undefined) return
    row.liveBytes -= spanOf(known)
    if (emptying) this.segments.beginEmptying(row.number)
  }
}

/** Bytes of the segment that an entry's record takes. */
export function spanOf(entry: { readonly dataBytes: number }): number {
  return recordSpan(headerBytes + entry.dataBytes)
}

/** Higher record number, or the same one further back in the log. */
function isNewer(header: RecordHeader, place: Place, known: IndexEntry): boolean {
  if (header.recordNumber !== known.recordNumber) return header.recordNumber > known.recordNumber
  if (place.segment !== known.segment) return place.segment > known.segment
  return place.offset > known.offset
}
