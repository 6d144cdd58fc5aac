import type { Clock } from '../base/clock.ts'
import type { Disk, DiskLock } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Primitives } from '../core/primitives.ts'
import { Compaction } from './compaction.ts'
import { GroupCommit, type GroupCommitHooks } from './group-commit.ts'
import type { Recovered } from './recovery.ts'
import { SegmentLog } from './segment-log.ts'
import { SegmentReaders } from './segment-readers.ts'
import { ShardReading } from './shard-reading.ts'
import { ShardWriting } from './shard-writing.ts'
import type { StoreFaults } from './store-faults.ts'
import { StoreHealth } from './store-health.ts'
import type { StoreIndex } from './store-index.ts'
import { StoreWork } from './store-work.ts'
import type { Superblock } from './superblock.ts'

export interface StorePartsOptions {
  readonly disk: Disk
  readonly primitives: Primitives
  readonly clock: Clock
  readonly logger: Logger
  readonly segmentBytes: number
  readonly reserveBytes: number
  readonly receiveBytesMax: number
  readonly checkpointRecords: number
  readonly openSegmentsMax: number
  readonly faults: StoreFaults
  readonly superblock: Superblock
  readonly recovered: Recovered
  /** Undefined: nothing may be written. */
  readonly lock: DiskLock | undefined
}

/** What a segment store is made of. */
export interface StoreParts {
  readonly index: StoreIndex
  readonly readers: SegmentReaders
  readonly health: StoreHealth
  readonly log: SegmentLog
  readonly commit: GroupCommit
  readonly reading: ShardReading
  readonly writing: ShardWriting
  readonly work: StoreWork
}

export interface StorePartsHooks extends GroupCommitHooks {
  readonly superblock: () => Superblock
}

/** Wires the parts of a recovered store together. */
export function storeParts(options: StorePartsOptions, hooks: StorePartsHooks): StoreParts {
  const { disk, primitives, clock, segmentBytes, logger, reserveBytes, faults } = options
  const { index, lastSequence, nextSegment, report } = options.recovered
  const { storeId, storeKey } = options.superblock
  const readers = new SegmentReaders(disk, options.openSegmentsMax)
  const health = new StoreHealth({ disk, logger, reserveBytes })
  const log = new SegmentLog({
    disk,
    clock,
    primitives,
    segmentBytes,
    superblock: hooks.superblock,
    created: (segment) => index.segments.add(segment),
    cut: (segment) => work.doubt(segment),
    nextSegment,
    nextSequence: lastSequence + 1,
    faults,
    aboutToWrite: faults.has('index-first')
      ? (records) => records.forEach((record) => index.apply(record))
      : undefined,
  })
  const commit = new GroupCommit(log, hooks)
  const reading = new ShardReading({ index, readers, primitives, storeKey })
  const writing = new ShardWriting({ clock, index, reading, log, commit, health })
  const isChanging = (shardId: Uint8Array): boolean => writing.isChanging(shardId)
  const shared = { disk, primitives, logger, storeKey, index, log, readers }
  const compaction = new Compaction({ ...shared, segmentBytes, commit, faults, isChanging })
  const work = new StoreWork({
    ...shared,
    clock,
    storeId,
    commit,
    health,
    compaction,
    checkpointRecords: options.checkpointRecords,
    recordsSinceCheckpoint: report.recordsRead,
  })
  return { index, readers, health, log, commit, reading, writing, work }
}
