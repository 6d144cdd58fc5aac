/** What the disk does alone, through the node's own way to it. */
import { alignedBytes } from '../../src/base/aligned.ts'
import type { Disk, DiskFile } from '../../src/base/disk.ts'
import { openNodeDisk } from '../../src/blocks/adapters/node-disk.ts'

const MiB = 1024 * 1024
/** As four nodes do at the same time. */
const files = 4
const blockBytes = 2 * MiB
const blocksPerSync = 4

export interface DiskRates {
  /** Bytes a second: written past the page cache, synced every 8 MiB, to four files at once. */
  readonly write: number
  /** The same bytes read once, for the first time. */
  readonly read: number
  /** Whether the file system takes direct writes. */
  readonly isDirect: boolean
}

/** `bytes`: of all files together. */
export async function diskRates(folder: string, bytes: number): Promise<DiskRates> {
  const disk = await openNodeDisk(folder)
  const blocks = Math.max(blocksPerSync, Math.floor(bytes / files / blockBytes))
  const names = Array.from({ length: files }, (_, at) => `raw-${at}`)
  const moved = blocks * blockBytes * files
  const writeMs = await taking(names, (name) => writeFile(disk, name, blocks))
  const readMs = await taking(names, (name) => readFile(disk, name, blocks))
  const file = await disk.open(names[0]!, { direct: true })
  const isDirect = file.alignBytes > 1
  await file.close()
  for (const name of names) await disk.remove(name)
  return { write: (moved / writeMs) * 1000, read: (moved / readMs) * 1000, isDirect }
}

async function taking(
  names: readonly string[],
  work: (name: string) => Promise<void>,
): Promise<number> {
  const startMs = performance.now()
  await Promise.all(names.map(work))
  return performance.now() - startMs
}

async function writeFile(disk: Disk, name: string, blocks: number): Promise<void> {
  const file = await disk.open(name, { create: true, direct: true })
  const batch = Array.from({ length: blocksPerSync }, () => alignedBytes(blockBytes).fill(7))
  await file.truncate(blocks * blockBytes)
  for (let at = 0; at < blocks; at += blocksPerSync) {
    await file.write(batch.slice(0, blocks - at), at * blockBytes)
    await file.sync()
  }
  await file.close()
}

async function readFile(disk: Disk, name: string, blocks: number): Promise<void> {
  const file: DiskFile = await disk.open(name, {})
  const target = alignedBytes(MiB)
  for (let at = 0; at < blocks * blockBytes; at += MiB) await file.read(target, at)
  await file.close()
}
