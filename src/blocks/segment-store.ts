import type { Clock } from '../base/clock.ts'
import type { Disk, DiskLock } from '../base/disk.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { silentLogger, type Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import { recover } from './recovery.ts'
import { segmentFolder } from './segment-path.ts'
import type { ShardStore } from './shard-store.ts'
import { OpenSegmentStore } from './open-segment-store.ts'
import {
  listSegments,
  newSuperblock,
  readSuperblock,
  superblockFromSegments,
  writeSuperblock,
} from './store-files.ts'
import { noFaults, type StoreFaults } from './store-faults.ts'
import type { Superblock } from './superblock.ts'

/** What a segment store needs of the world. */
export interface SegmentStoreOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger?: Logger
  /** Defaults: the limits of the same names. */
  readonly segmentBytes?: number
  readonly diskReserveBytes?: number
  readonly receiveBytesMax?: number
  readonly checkpointRecords?: number
  readonly openSegmentsMax?: number
  /** Tests only. */
  readonly faults?: StoreFaults
}

/**
 * Opens the store in the disk's root, or makes a new one when the disk is empty. On a read-only file system
 * the store is read-only until it is opened again. Throws HOME_IN_USE, HOME_TOO_NEW, DISK_GONE, NO_SPACE,
 * CORRUPT (the disk holds segments of two stores, or none of them says which store they belong to).
 */
export async function openSegmentStore(options: SegmentStoreOptions): Promise<ShardStore> {
  const lock = await lockUnlessReadOnly(options.disk)
  try {
    return await openLocked(options, lock)
  } catch (error) {
    await lock?.release()
    throw error
  }
}

async function openLocked(
  options: SegmentStoreOptions,
  lock: DiskLock | undefined,
): Promise<ShardStore> {
  const { disk, primitives, random } = options
  const logger = options.logger ?? silentLogger
  const faults = options.faults ?? noFaults
  const readOnly = lock === undefined
  const superblock = await findSuperblock(options, { readOnly })
  if (!readOnly) await makeNamesDurable(disk)
  const secret = random.bytes(8)
  const found = await recover({ disk, primitives, superblock, secret, readOnly, faults })
  logger.info('store-opened', { ...found.report })
  const store = new OpenSegmentStore({
    disk,
    primitives,
    clock: options.clock,
    logger,
    segmentBytes: options.segmentBytes ?? limits.segmentBytes,
    reserveBytes: options.diskReserveBytes ?? limits.diskReserveBytes,
    receiveBytesMax: options.receiveBytesMax ?? limits.nodeReceiveBytesMax,
    checkpointRecords: options.checkpointRecords ?? limits.checkpointRecords,
    openSegmentsMax: options.openSegmentsMax ?? limits.openSegmentsMax,
    faults,
    superblock,
    recovered: found,
    lock,
  })
  await store.probe()
  return store
}

/** Undefined when the file system is read-only: then nobody writes, and neither do we. */
async function lockUnlessReadOnly(disk: Disk): Promise<DiskLock | undefined> {
  try {
    return await disk.lock('lock')
  } catch (error) {
    if (hasCode(error, 'READ_ONLY')) return undefined
    throw error
  }
}

async function findSuperblock(
  { disk, primitives, random, clock }: SegmentStoreOptions,
  { readOnly }: { readonly readOnly: boolean },
): Promise<Superblock> {
  const files = { disk, primitives }
  const known = await readSuperblock(files)
  if (known !== undefined) return known
  const segments = await listSegments(disk)
  const repeated = await superblockFromSegments(files, segments)
  if (repeated === undefined && segments.length > 0) throw ownerless(segments.length)
  const superblock = repeated ?? newSuperblock(random, clock.nowMs())
  if (readOnly) return superblock
  await writeSuperblock(files, superblock)
  return superblock
}

/** What a killed process renamed or removed is seen, but may not be durable: nothing may build on it before. */
async function makeNamesDurable(disk: Disk): Promise<void> {
  await disk.makeFolder(segmentFolder)
  await disk.syncFolder('')
  await disk.syncFolder(segmentFolder)
}

function ownerless(segments: number): HoldfastError {
  const message = `Cannot open the store: its superblock and the heads of ${segments} segments are damaged`
  return new HoldfastError('CORRUPT', message, {
    hint: 'Move the folder away to begin with an empty store: its shards are rebuilt from the other nodes',
  })
}
