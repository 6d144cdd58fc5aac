/** The superblock on disk, and what segments say about their store. */
import { equalBytes } from '../base/bytes.ts'
import type { Disk } from '../base/disk.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import { replaceFile } from './replace-file.ts'
import { segmentFolder, segmentNumber, segmentPath } from './segment-path.ts'
import {
  decodeSuperblock,
  encodeSuperblock,
  readStartBlock,
  superblockBytes,
  type StartBlock,
  type Superblock,
} from './superblock.ts'
import { isUnreadable } from './unreadable.ts'

const path = 'store'

export interface StoreFiles {
  readonly disk: Disk
  readonly primitives: Primitives
}

export async function writeSuperblock(
  { disk, primitives }: StoreFiles,
  superblock: Superblock,
): Promise<void> {
  const bytes = encodeSuperblock(primitives, superblock)
  await replaceFile(disk, path, (file) => file.write([bytes], 0))
}

/** Undefined when it is absent or damaged. */
export async function readSuperblock(files: StoreFiles): Promise<Superblock | undefined> {
  const bytes = await readBeginning(files.disk, path)
  return bytes && decodeSuperblock(files.primitives, bytes)
}

/** Numbers of the segments that are there, rising. */
export async function listSegments(disk: Disk): Promise<number[]> {
  const names = await disk.list(segmentFolder)
  const numbers = names.map(segmentNumber).filter((number) => number !== undefined)
  return numbers.toSorted((left, right) => left - right)
}

/** Undefined when it is absent, damaged or was never written. */
export async function startBlockOf(
  files: StoreFiles,
  segment: number,
): Promise<StartBlock | undefined> {
  const bytes = await readBeginning(files.disk, segmentPath(segment))
  return bytes && readStartBlock(files.primitives, bytes)
}

/** The superblock as the segments repeat it; undefined when none does. Throws CORRUPT for two stores. */
export async function superblockFromSegments(
  files: StoreFiles,
  segments: readonly number[],
): Promise<Superblock | undefined> {
  let found: Superblock | undefined
  for (const segment of segments) {
    const start = await startBlockOf(files, segment)
    if (start === undefined) continue
    if (found !== undefined) refuseOther(found, start)
    const { storeId, storeKey } = start
    const createdMs = Math.min(found?.createdMs ?? Infinity, start.createdMs)
    found = { term: Math.max(found?.term ?? 0, start.term), storeId, storeKey, createdMs }
  }
  return found
}

/** Throws CORRUPT when a segment says that it belongs to another store. */
export function refuseOther(superblock: Superblock, start: StartBlock): void {
  if (equalBytes(superblock.storeId, start.storeId)) return
  throw new HoldfastError('CORRUPT', `Segment ${start.segment} belongs to another store`, {
    hint: 'Move the segments that were copied in from elsewhere out of the folder',
  })
}

export function newSuperblock(random: Random, createdMs: number): Superblock {
  return { term: 0, storeId: random.bytes(16), storeKey: random.bytes(32), createdMs }
}

async function readBeginning(disk: Disk, name: string): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(name, {})
    try {
      const bytes = new Uint8Array(superblockBytes)
      return bytes.subarray(0, await file.read(bytes, 0))
    } finally {
      await file.close()
    }
  } catch (error) {
    // What cannot be read is as good as damaged
    if (!isUnreadable(error)) throw error
    return undefined
  }
}
