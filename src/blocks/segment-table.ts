import { recordHeaderBytes } from './record.ts'

/** What is known of a segment on disk. */
export interface SegmentRow {
  readonly number: number
  /** From the beginning to the end of the last record. */
  writtenBytes: number
  /** Of the records of shards that are held. */
  liveBytes: number
  /** Compaction began to copy its live records elsewhere: dead copies may be left in it. */
  emptying: boolean
  /** How many delete records it has, by the segment that each of them names. */
  readonly deletes: Map<number, number>
}

/** The segments that exist. A row goes only when the file's removal is durable. */
export class SegmentTable {
  readonly #rows = new Map<number, SegmentRow>()
  /** Numbers of those with `emptying`: few, and asked for with every delete. */
  readonly #emptying = new Set<number>()

  get rows(): IterableIterator<SegmentRow> {
    return this.#rows.values()
  }

  /** The last segment that has records: it holds the newest number, which must not be forgotten. */
  get lastWritten(): number {
    let last = 0
    for (const row of this.#rows.values()) {
      if (row.writtenBytes > 0) last = Math.max(last, row.number)
    }
    return last
  }

  has(segment: number): boolean {
    return this.#rows.has(segment)
  }

  get(segment: number): SegmentRow | undefined {
    return this.#rows.get(segment)
  }

  add(segment: number): SegmentRow {
    const known = this.#rows.get(segment)
    if (known !== undefined) return known
    const row: SegmentRow = {
      number: segment,
      writtenBytes: 0,
      liveBytes: 0,
      emptying: false,
      deletes: new Map(),
    }
    this.#rows.set(segment, row)
    return row
  }

  beginEmptying(segment: number): void {
    this.add(segment).emptying = true
    this.#emptying.add(segment)
  }

  remove(segment: number): void {
    this.#rows.delete(segment)
    this.#emptying.delete(segment)
  }

  /** Bytes that emptying `row` would have to write again. */
  keptBytes(row: SegmentRow): number {
    let bytes = row.liveBytes
    for (const [dead, count] of row.deletes) {
      if (this.needsDelete(dead, row.number)) bytes += count * recordHeaderBytes
    }
    return bytes
  }

  /** Numbers of the segments before `segment` whose emptying has begun. */
  emptyingBefore(segment: number): number[] {
    return [...this.#emptying].filter((number) => number < segment)
  }

  /** Whether a delete record of segment `from` that names `dead` is still needed. */
  needsDelete(dead: number, from: number): boolean {
    return dead !== from && this.#rows.has(dead)
  }
}
