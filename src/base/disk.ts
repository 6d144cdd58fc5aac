/**
 * The disk as a storage node sees it: everything it does to files goes through here, so that a simulated
 * disk can lose, tear and flip what was not synced. Paths are relative to the disk's root, with '/'.
 *
 * Contract. A write is durable only after `sync` of that file resolved; a created, renamed or removed name
 * only after `syncFolder` of its folder resolved ('' is the root). After a failed `sync` or `write` the
 * state of everything not synced before is unknown, and stays unknown whatever a later `sync` says. Calls
 * on one file may overlap; overlapping writes to the same bytes may not, and what is being written may not
 * change. A removed file can be read through what was opened before. Nothing is retried.
 * Failures: NO_SPACE, READ_ONLY, DISK_GONE, NOT_FOUND, HOME_IN_USE, BUSY (this process or machine has run
 * out of something that is no part of the disk), or the cause as it is: the disk failed to do it (EIO).
 */
export interface Disk {
  open(path: string, options: OpenOptions): Promise<DiskFile>
  /** Names of the files and folders in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>
  /** There already is fine; its parent must be there. */
  makeFolder(folder: string): Promise<void>
  /** Replaces what has the name `to`. */
  rename(from: string, to: string): Promise<void>
  /** Absent is fine. */
  remove(path: string): Promise<void>
  syncFolder(folder: string): Promise<void>
  /** Throws DISK_GONE when the root is gone or is another one than at the beginning. */
  space(): Promise<DiskSpace>
  /** Held until released or until the process ends. Throws HOME_IN_USE when someone else holds it. */
  lock(path: string): Promise<DiskLock>
}

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface OpenOptions {
  /** Makes the file when it is absent, which otherwise is NOT_FOUND. Implies `write`. */
  readonly create?: boolean
  readonly write?: boolean
  /** Writes past the page cache where the file system allows it: see `alignBytes` of the file. */
  readonly direct?: boolean
}

export interface DiskFile {
  /** Bytes read into `target`: fewer than its length only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /**
   * Writes all of the blocks one after the other at `position`. Of a file with `alignBytes` above 1, the
   * position and every block's length are multiples of it, and blocks come from `alignedBytes`.
   */
  write(blocks: readonly Uint8Array[], position: number): Promise<void>
  /** Throws DISK_GONE when the file has lost its name meanwhile: nobody would find its bytes again. */
  sync(): Promise<void>
  size(): Promise<number>
  /** Cuts, or grows with zeros that take no space. Durable with the next `sync`. */
  truncate(size: number): Promise<void>
  close(): Promise<void>
  /** 1 when the file is not written directly, otherwise what positions, lengths and memory must be multiples of. */
  readonly alignBytes: number
}

export interface DiskLock {
  release(): Promise<void>
}
