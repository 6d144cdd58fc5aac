import type { Disk, DiskFile } from '../../base/disk.ts'
import { overriding } from '../node/overriding.ts'

export interface BadSector {
  readonly path: string
  readonly from: number
  readonly to: number
  /** One that only cannot be read is good again once a write has covered it whole. */
  readonly fails: 'read' | 'write' | 'both'
}

/** A disk that cannot read or write some of its sectors. */
export function withBadSectors(disk: Disk, bad: Set<BadSector>): Disk {
  const open: Disk['open'] = async (path, options) =>
    fileWithBadSectors(await disk.open(path, options), { path, bad })
  return overriding(disk, { open })
}

function fileWithBadSectors(
  file: DiskFile,
  { path, bad }: { readonly path: string; readonly bad: Set<BadSector> },
): DiskFile {
  const touched = (from: number, length: number): BadSector[] =>
    [...bad].filter((each) => each.path === path && each.from < from + length && from < each.to)
  return overriding(file, {
    async read(target, position) {
      const sectors = touched(position, target.length)
      if (sectors.some(({ fails }) => fails !== 'write')) throw new Error('EIO: bad sector')
      return file.read(target, position)
    },
    async write(blocks, position) {
      const length = blocks.reduce((sum, block) => sum + block.length, 0)
      for (const sector of touched(position, length)) {
        const isCovered = sector.from >= position && sector.to <= position + length
        if (sector.fails !== 'read' || !isCovered) throw new Error('EIO: bad sector')
        bad.delete(sector)
      }
      return file.write(blocks, position)
    },
  })
}
