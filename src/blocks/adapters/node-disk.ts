import type { Disk } from '../../base/disk.ts'

/** The folder `root` of this machine as a disk; it is made when its parent is there. */
export async function openNodeDisk(_root: string): Promise<Disk> {
  throw new Error('not yet')
}
