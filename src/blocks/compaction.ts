/** Emptying segments that are mostly dead (docs/store.md, section 7). */
import { alignedBytes, roundUp, alignBytes } from '../base/aligned.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Primitives } from '../core/primitives.ts'
import type { GroupCommit } from './group-commit.ts'
import { plannedDelete, plannedShard, type PlannedRecord } from './planned-record.ts'
import { recordHeaderBytes, type RecordHeader } from './record.ts'
import type { SegmentLog } from './segment-log.ts'
import { segmentFolder, segmentPath } from './segment-path.ts'
import type { SegmentReaders } from './segment-readers.ts'
import { checkSegment } from './segment-check.ts'
import { scanSegment } from './segment-scan.ts'
import type { SegmentRow } from './segment-table.ts'
import type { StoreFaults } from './store-faults.ts'
import { storeFailure } from './store-failure.ts'
import type { StoreIndex } from './store-index.ts'
import { startBlockBytes } from './superblock.ts'
import { isUnreadable } from './unreadable.ts'
import { bodyHasRoot } from './verify-body.ts'

export interface CompactionOptions {
  readonly disk: Disk
  readonly primitives: Primitives
  readonly storeKey: Uint8Array
  readonly segmentBytes: number
  readonly index: StoreIndex
  readonly log: SegmentLog
  readonly commit: GroupCommit
  readonly readers: SegmentReaders
  readonly logger: Logger
  readonly faults: StoreFaults
  readonly isChanging: (shardId: Uint8Array) => boolean
}

interface Emptying {
  readonly row: SegmentRow
  offset: number
}

export class Compaction {
  readonly #options: CompactionOptions
  #emptying: Emptying | undefined
  /** Left as they are because of damage, with the live bytes they had then. */
  readonly #left = new Map<number, number>()

  constructor(options: CompactionOptions) {
    this.#options = options
  }

  /** Copies about `compactStepBytes`, or removes a segment. False when there is nothing to do. */
  async step(): Promise<boolean> {
    this.#emptying ??= this.#choose()
    const emptying = this.#emptying
    if (emptying === undefined) return false
    this.#options.index.segments.beginEmptying(emptying.row.number)
    try {
      const end = await this.#copySome(emptying)
      if (end) await this.#finish(emptying)
    } catch (error) {
      // From the beginning another time: what was copied is dead there by then
      this.#emptying = undefined
      // What cannot be read through must not keep other segments from being emptied
      if (!(error instanceof HoldfastError)) {
        this.#left.set(emptying.row.number, emptying.row.liveBytes)
      }
      throw error
    }
    return true
  }

  /**
   * Whether the segment that is written to could be emptied with profit if it were closed: worth it only when
   * there is no other room.
   */
  get isLastPoor(): boolean {
    const { index, log, segmentBytes } = this.#options
    const row = index.segments.get(log.currentSegment ?? index.segments.lastWritten)
    if (row === undefined) return false
    const keptBytes = index.segments.keptBytes(row)
    const deadBytes = row.writtenBytes - keptBytes
    return deadBytes >= keptBytes && deadBytes >= segmentBytes / 16
  }

  #choose(): Emptying | undefined {
    const closed = this.#closedRows()
    const { segments } = this.#options.index
    const { segmentBytes } = this.#options
    const small = closed.filter((row) => row.writtenBytes < segmentBytes / 16)
    const merge = small.length >= limits.smallSegmentsMax
    const poor = closed.filter((row) => {
      if (row.emptying || segments.keptBytes(row) * 2 <= row.writtenBytes) return true
      return merge && row.writtenBytes < segmentBytes / 16
    })
    const cost = (row: SegmentRow): number =>
      segments.keptBytes(row) === 0 ? -2 : row.emptying ? -1 : segments.keptBytes(row)
    const [row] = poor.toSorted((left, right) => cost(left) - cost(right))
    return row && { row, offset: startBlockBytes }
  }

  #closedRows(): SegmentRow[] {
    const { index, log } = this.#options
    const last = Math.min(index.segments.lastWritten, log.currentSegment ?? Infinity)
    return [...index.segments.rows].filter(
      (row) => row.number < last && this.#left.get(row.number) !== row.liveBytes,
    )
  }

  /** Whether the end of the segment was reached. */
  async #copySome(emptying: Emptying): Promise<boolean> {
    const { primitives, storeKey, readers } = this.#options
    const segment = emptying.row.number
    const moves: Promise<void>[] = []
    let bytes = 0
    const reachedEnd = await readers.use(segment, async (file) => {
      const from = emptying.offset
      const records = scanSegment(file, { primitives, storeKey, segment, from })
      for await (const { header, offset } of records) {
        emptying.offset = offset
        if (bytes >= limits.compactStepBytes) return false
        const planned = await this.#plan(emptying, copyOf(header))
        if (planned === undefined) continue
        bytes += recordHeaderBytes + planned.bodyBytes
        const move = this.#move(planned, { segment, offset })
        // Met below, when the reading has ended
        move.catch(() => {})
        moves.push(move)
      }
      return true
    })
    await Promise.all(moves)
    return reachedEnd
  }

  /** The record to write for this one, if it is still needed. */
  async #plan(emptying: Emptying, header: RecordHeader): Promise<PlannedRecord | undefined> {
    const segment = emptying.row.number
    if (header.type === 'delete') return this.#planDelete(segment, header)
    const { offset } = emptying
    if (header.type !== 'shard' || !this.#isHeldAt(header.shardId, { segment, offset })) {
      return undefined
    }
    const block = await this.#readBlock(segment, header.bodyBytes, offset)
    if (block !== undefined) {
      const body = block.subarray(recordHeaderBytes, recordHeaderBytes + header.bodyBytes)
      if (bodyHasRoot(this.#options.primitives, body, header.root)) {
        return plannedShard({ ...header, moved: true, block })
      }
    }
    this.#options.index.markDamaged(header.shardId, header.recordNumber)
    return undefined
  }

  #planDelete(segment: number, header: RecordHeader): PlannedRecord | undefined {
    const { index, faults } = this.#options
    const needed = index.segments.needsDelete(header.deadSegment, segment)
    if (!needed || faults.has('deletes-dropped')) return undefined
    return plannedDelete({ ...header, moved: true })
  }

  async #readBlock(
    segment: number,
    bodyBytes: number,
    offset: number,
  ): Promise<Uint8Array | undefined> {
    const length = recordHeaderBytes + bodyBytes
    const isSmall = length <= limits.gatherRecordBytesMax
    const block = isSmall ? new Uint8Array(length) : alignedBytes(roundUp(length, alignBytes))
    try {
      const read = await this.#options.readers.read(segment, block.subarray(0, length), offset)
      return read === length ? block : undefined
    } catch (error) {
      if (!isUnreadable(error)) throw error
      return undefined
    }
  }

  #move(
    record: PlannedRecord,
    from: { readonly segment: number; readonly offset: number },
  ): Promise<void> {
    const isShard = record.type === 'shard'
    const plan = (): PlannedRecord[] => {
      if (!isShard) return [record]
      const still = this.#isHeldAt(record.shardId, from)
      return still && !this.#options.isChanging(record.shardId) ? [record] : []
    }
    return new Promise((resolve, reject) => {
      this.#options.commit.add({
        bodyBytes: record.bodyBytes,
        plan,
        written: () => resolve(),
        failed: (cause) => reject(storeFailure('move a record', cause)),
      })
    })
  }

  async #finish({ row }: Emptying): Promise<void> {
    this.#emptying = undefined
    if (row.liveBytes > 0) {
      await this.#leaveDamaged(row)
      return
    }
    const { disk, readers, index, logger } = this.#options
    await disk.remove(segmentPath(row.number))
    await disk.syncFolder(segmentFolder)
    readers.forget(row.number)
    index.segments.remove(row.number)
    this.#left.delete(row.number)
    logger.debug('segment-removed', { segment: row.number })
  }

  /**
   * What is still live here was changing meanwhile, and is copied in another round; or it is damaged, which
   * the scan cannot see when a record's header is: then every round would end like this one.
   */
  async #leaveDamaged(row: SegmentRow): Promise<void> {
    const { liveBytes } = row
    const damaged = await checkSegment(row.number, this.#options)
    if (damaged === 0) return
    this.#left.set(row.number, liveBytes)
    this.#options.logger.warn('segment-damaged', { segment: row.number, shards: damaged })
  }

  #isHeldAt(
    shardId: Uint8Array,
    place: { readonly segment: number; readonly offset: number },
  ): boolean {
    const held = this.#options.index.shards.find(shardId)
    return held?.segment === place.segment && held.offset === place.offset
  }
}

function copyOf(header: RecordHeader): RecordHeader {
  return { ...header, shardId: header.shardId.slice(), root: header.root.slice() }
}
