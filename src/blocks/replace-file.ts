import type { Disk, DiskFile } from '../base/disk.ts'

/** Writes `path` anew beside the old one and puts it in its place: durable, and never half there. */
export async function replaceFile(
  disk: Disk,
  path: string,
  write: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const beside = `${path}.new`
  const file = await disk.open(beside, { create: true })
  try {
    await file.truncate(0)
    await write(file)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(beside, path)
  await disk.syncFolder(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')
}
