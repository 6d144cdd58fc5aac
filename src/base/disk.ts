/**
 * The disk as a storage node sees it: everything it does to files goes through here, so that a simulated
 * disk can lose, tear and flip what was not synced. Paths are relative to the disk's root, with '/'.
 *
 * Contract. A write is durable only after `sync` of that file resolved; a created, renamed or removed name
 * only after `syncFolder` of its folder resolved. After a failed `sync` or `write` the state of everything
 * not synced before is unknown. Calls on one file may overlap; overlapping writes to the same bytes may not.
 * Failures: NO_SPACE, READ_ONLY, DISK_GONE, NOT_FOUND, HOME_IN_USE, or the cause as it is.
 */
export interface Disk {
  /** Opens or creates. `direct` asks for writes past the page cache where the file system allows it. */
  open(path: string, options: OpenOptions): Promise<DiskFile>
  /** Names of the files and folders in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>
  makeFolder(folder: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Absent is fine. */
  remove(path: string): Promise<void>
  syncFolder(folder: string): Promise<void>
  space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>
  /** Held until released or until the process ends. Throws HOME_IN_USE when another process holds it. */
  lock(path: string): Promise<DiskLock>
}

export interface OpenOptions {
  readonly create?: boolean
  readonly direct?: boolean
  /** Fails with NOT_FOUND when absent and `create` is not set. */
  readonly write?: boolean
}

export interface DiskFile {
  /** Bytes read into `target`: fewer than its length only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>
  /**
   * Writes all of the blocks one after the other at `position`. Of a file opened `direct`: position and
   * every block's length are multiples of `alignBytes`, and blocks come from `allocate`.
   */
  write(blocks: readonly Uint8Array[], position: number): Promise<void>
  sync(): Promise<void>
  size(): Promise<number>
  truncate(size: number): Promise<void>
  close(): Promise<void>
  /** 1 when the file is not written directly, otherwise what positions, lengths and memory must be multiples of. */
  readonly alignBytes: number
}

export interface DiskLock {
  release(): Promise<void>
}
