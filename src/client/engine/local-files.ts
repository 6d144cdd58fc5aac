/**
 * Local files as the engine touches them: synchronous, for worker threads, by numeric handles that every
 * thread of the process shares. Paths are bytes. Failures: NOT_FOUND, UNREADABLE, NO_SPACE, EXISTS, or the
 * cause as it is. The in-memory implementation serves tests and the simulated world.
 */
export interface LocalFiles {
  /**
   * Never follows a link in the last place; a fifo, socket or device is refused with UNREADABLE. Whatever is
   * written to it afterwards shows in its times.
   */
  openToRead(path: Uint8Array): LocalHandle
  /** Of what is open: to be compared before and after reading. */
  stat(handle: LocalHandle): LocalStat
  /**
   * Reads into `target`; fewer bytes than its length only at the end of the file. Without a position it
   * goes on where the last read ended (standard input).
   */
  read(handle: LocalHandle, target: Uint8Array, position: number | undefined): number
  /** Creates a new file; EXISTS when something is there. Readable by its owner only until `setStat`. */
  create(path: Uint8Array): LocalHandle
  write(handle: LocalHandle, source: Uint8Array, position: number): void
  /** Mode and modification time of a file at the end of writing, or of a folder. */
  setStat(handle: LocalHandle, stat: { readonly mode: number; readonly modified: FileTime }): void
  sync(handle: LocalHandle): void
  close(handle: LocalHandle): void
  /** Replaces what is at `to`, atomically. */
  rename(from: Uint8Array, to: Uint8Array): void
  /** Absent is fine. */
  remove(path: Uint8Array): void
  readLink(path: Uint8Array): Uint8Array
  /** Undefined when there is nothing. Never follows a link in the last place. */
  statPath(path: Uint8Array): LocalStat | undefined
  /** Names in a folder, in no order. */
  listFolder(path: Uint8Array): readonly Uint8Array[]
  /**
   * Makes the folder; absent parents are an error, an existing folder is fine, and stays as it is. A private one
   * is its owner's only, until `setStat`.
   */
  makeFolder(path: Uint8Array, options?: { readonly isPrivate: boolean }): void
  makeLink(path: Uint8Array, target: Uint8Array): void
  /** Of a link itself. */
  setLinkTime(path: Uint8Array, modified: FileTime): void
  /**
   * Holds a folder, so that what is in it can be named whatever becomes of the path. KIND_CONFLICT when it is
   * something else, as a link is unless `follow`.
   */
  openFolder(path: Uint8Array, options: { readonly follow: boolean }): LocalHandle
  /** A path to this name in a folder that is open, or to itself for no name: good in every thread while it is. */
  inFolder(folder: LocalHandle, name: Uint8Array): Uint8Array
}

export type LocalHandle = number

/** Standard input and output of the process. */
export const standardInput: LocalHandle = 0

export type LocalKind = 'file' | 'folder' | 'link' | 'fifo' | 'socket' | 'device'

export interface FileTime {
  readonly seconds: number
  readonly nanoseconds: number
}

export interface LocalStat {
  readonly kind: LocalKind
  readonly bytes: number
  /** Permission bits, 12 of them. */
  readonly mode: number
  readonly modified: FileTime
  /** When content, mode or times were last set, ms since 1970: nobody can choose it. */
  readonly touchedMs: number
  /** Device and inode: the same file, not one that took its place. */
  readonly identity: string
}

/**
 * Whether a file was left alone between two looks at it: size, times and identity. A time of modification can be
 * set back, when it was last touched cannot.
 */
export function unchanged(before: LocalStat, after: LocalStat): boolean {
  return (
    before.bytes === after.bytes &&
    before.identity === after.identity &&
    before.touchedMs === after.touchedMs &&
    before.modified.seconds === after.modified.seconds &&
    before.modified.nanoseconds === after.modified.nanoseconds
  )
}
