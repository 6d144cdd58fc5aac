import type { Clock } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import type { ShardStore } from './shard-store.ts'

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
}

/**
 * Opens the store in the disk's root, or makes a new one when the disk is empty. Throws HOME_IN_USE,
 * HOME_TOO_NEW, DISK_GONE, CORRUPT (the disk holds two stores).
 */
export async function openSegmentStore(_options: SegmentStoreOptions): Promise<ShardStore> {
  throw new Error('not yet')
}
