/**
 * The end of the log: batches are written one at a time, each durable before the next begins.
 *
 * 1. Nothing is written after a failure until the segment it happened in is cut, durably, to what was
 *    durable before: no record of a batch that was refused can ever be read as durable.
 * 2. Sequence numbers are given in the order of places, without gaps.
 */
import { alignedBytes } from '../base/aligned.ts'
import { assert } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import type { Primitives } from '../core/primitives.ts'
import { layoutBatch, type BatchLayout, type PlacedRecord } from './batch-layout.ts'
import type { CheckpointPosition } from './checkpoint.ts'
import type { Place } from './index-entries.ts'
import { isGathered, vaultOf, type PlannedRecord, type WrittenRecord } from './planned-record.ts'
import { recordHeaderBytes, writeRecordHeader, type RecordHeader } from './record.ts'
import { segmentFolder, segmentPath } from './segment-path.ts'
import type { StoreFaults } from './store-faults.ts'
import { startBlockBytes, writeStartBlock, type Superblock } from './superblock.ts'

export interface SegmentLogOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly primitives: Primitives
  readonly segmentBytes: number
  /** As it is now: its term goes into each new segment. */
  readonly superblock: () => Superblock
  /** A write failed in this segment; what was durable in it before is to be read again. */
  readonly cut: (segment: number) => void
  /** A file of this number may exist from now on. */
  readonly created: (segment: number) => void
  /** What the next batch begins with. */
  readonly nextSegment: number
  readonly nextSequence: number
  readonly faults: StoreFaults
  /** Where the fault `index-first` is planted. */
  readonly aboutToWrite?: ((records: readonly WrittenRecord[]) => void) | undefined
}

interface OpenSegment {
  readonly number: number
  readonly file: DiskFile
  endOffset: number
}

export class SegmentLog {
  readonly #options: SegmentLogOptions
  #segment: OpenSegment | undefined
  /** A write failed in it: it ends at its `endOffset`, and is to be cut there. */
  #cutDue: OpenSegment | undefined
  #durableEnd: Place
  #nextSegment: number
  #nextSequence: number
  #staging = alignedBytes(256 * 1024)
  #endDue = false

  constructor(options: SegmentLogOptions) {
    this.#options = options
    this.#nextSegment = options.nextSegment
    this.#durableEnd = { segment: options.nextSegment, offset: 0 }
    this.#nextSequence = options.nextSequence
  }

  /** Number of the newest durable record. */
  get lastSequence(): number {
    return this.#nextSequence - 1
  }

  /** Where what is durable ends: changes only when a batch has become durable. */
  get position(): CheckpointPosition {
    return { ...this.#durableEnd, sequence: this.lastSequence }
  }

  /** The segment that is written to; undefined when the next batch begins a new one. */
  get currentSegment(): number | undefined {
    return this.#segment?.number
  }

  /** Batches may have at most so many bytes. */
  get batchBytesMax(): number {
    return this.#options.segmentBytes - startBlockBytes
  }

  /** Resolves when all records are durable, in the order they were written. Throws the disk's failure. */
  async append(records: readonly PlannedRecord[]): Promise<WrittenRecord[]> {
    await this.repair()
    const layout = layoutBatch(records)
    assert(layout.bytes <= this.batchBytesMax, 'a batch fits into one segment')
    const segment = await this.#segmentFor(layout.bytes)
    const isNew = segment.endOffset === 0
    const start = isNew ? startBlockBytes : segment.endOffset
    const written = this.#fill(layout, { segment: segment.number, start, isNew })
    const blocks = this.#blocks(layout, { isNew })
    this.#cutDue = segment
    this.#options.aboutToWrite?.(written)
    await segment.file.write(blocks, segment.endOffset)
    if (!this.#options.faults.has('no-sync')) await segment.file.sync()
    if (isNew) await this.#options.disk.syncFolder(segmentFolder)
    this.#cutDue = undefined
    segment.endOffset = start + layout.bytes
    this.#durableEnd = { segment: segment.number, offset: segment.endOffset }
    this.#nextSequence += records.length
    return written
  }

  /** The next batch begins a new segment. */
  endSegment(): void {
    this.#endDue = true
  }

  /** Cuts what a failed batch left behind, so that writing can go on; nothing to do otherwise. */
  async repair(): Promise<void> {
    const broken = this.#cutDue
    if (broken === undefined) return
    this.#segment = undefined
    const file = await this.#options.disk.open(segmentPath(broken.number), { create: true })
    try {
      await file.truncate(broken.endOffset)
      await file.sync()
    } finally {
      await file.close()
    }
    this.#cutDue = undefined
    this.#options.cut(broken.number)
    await closeQuietly(broken.file)
  }

  async close(): Promise<void> {
    const files = new Set([this.#segment?.file, this.#cutDue?.file])
    this.#segment = undefined
    for (const file of files) if (file !== undefined) await closeQuietly(file)
  }

  async #segmentFor(bytes: number): Promise<OpenSegment> {
    const current = this.#segment
    if (current !== undefined) {
      const fits = current.endOffset + bytes <= this.#options.segmentBytes
      if (fits && !this.#endDue) return current
      this.#segment = undefined
      await closeQuietly(current.file)
    }
    this.#endDue = false
    const number = this.#nextSegment
    this.#nextSegment += 1
    this.#options.created(number)
    const file = await this.#options.disk.open(segmentPath(number), { create: true, direct: true })
    this.#segment = { number, file, endOffset: 0 }
    this.#cutDue = this.#segment
    await file.truncate(this.#options.segmentBytes)
    return this.#segment
  }

  /** Writes headers in front of large bodies, and everything of the small ones into the staging memory. */
  #fill(
    layout: BatchLayout,
    batch: { readonly segment: number; readonly start: number; readonly isNew: boolean },
  ): WrittenRecord[] {
    const lead = batch.isNew ? startBlockBytes : 0
    this.#reserveStaging(lead + layout.gatheredBytes)
    const gathered = this.#staging.subarray(lead, lead + layout.gatheredBytes)
    if (batch.isNew) this.#writeStart(batch.segment)
    let end = 0
    const written = layout.placed.map((placed, at) => {
      const { record } = placed
      if (!isGathered(record))
        return this.#writeHeader(placed, { ...batch, at, into: record.block })
      gathered.fill(0, end, placed.offset)
      end = placed.offset + recordHeaderBytes + record.bodyBytes
      const into = gathered.subarray(placed.offset, end)
      into.set(record.block.subarray(recordHeaderBytes, into.length), recordHeaderBytes)
      return this.#writeHeader(placed, { ...batch, at, into })
    })
    gathered.fill(0, end)
    return written
  }

  #writeHeader(
    { record, offset }: PlacedRecord,
    where: {
      readonly segment: number
      readonly start: number
      readonly at: number
      readonly into: Uint8Array
    },
  ): WrittenRecord {
    const sequence = this.#nextSequence + where.at
    const header: RecordHeader = {
      type: record.type,
      moved: record.moved,
      sequence,
      recordNumber: record.recordNumber ?? sequence,
      durable: this.#nextSequence - 1,
      shardId: record.shardId,
      bodyBytes: record.bodyBytes,
      deadSegment: record.deadSegment,
      storedMs: record.storedMs,
      root: record.root,
    }
    const place = { segment: where.segment, offset: where.start + offset }
    const { storeKey } = this.#options.superblock()
    const { primitives } = this.#options
    writeRecordHeader(primitives, header, { place: { storeKey, ...place }, into: where.into })
    return { planned: record, header, place, vault: vaultOf(record) }
  }

  #blocks(layout: BatchLayout, { isNew }: { readonly isNew: boolean }): Uint8Array[] {
    const lead = isNew ? startBlockBytes : 0
    const blocks: Uint8Array[] = []
    if (lead + layout.gatheredBytes > 0) {
      blocks.push(this.#staging.subarray(0, lead + layout.gatheredBytes))
    }
    for (const { record } of layout.placed) {
      if (isGathered(record)) continue
      record.block.fill(0, recordHeaderBytes + record.bodyBytes)
      blocks.push(record.block)
    }
    return blocks
  }

  #writeStart(segment: number): void {
    const { primitives, segmentBytes, clock } = this.#options
    const start = {
      ...this.#options.superblock(),
      segment,
      firstSequence: this.#nextSequence,
      segmentBytes,
      createdMs: clock.nowMs(),
    }
    writeStartBlock(primitives, start, this.#staging)
  }

  #reserveStaging(bytes: number): void {
    let length = this.#staging.length
    while (length < bytes) length *= 2
    if (length > this.#staging.length) this.#staging = alignedBytes(length)
  }
}

/** Everything that counts was synced: a failure to close loses nothing. */
async function closeQuietly(file: DiskFile): Promise<void> {
  await file.close().catch(() => undefined)
}
