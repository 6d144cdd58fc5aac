/**
 * A client's local, decrypted, ordered copy of a vault's entries and their heads. Synchronous. Everything in
 * it was verified before it came in and can be fetched again; what detects a rollback is kept apart, in
 * `VaultPins`.
 *
 * Invariants.
 * 1. Entries, commits and state change together, in one transaction; a failed one leaves nothing.
 * 2. Names are ordered as bytes.
 * 3. Several processes may hold one index open: what a transaction decides on, it reads itself.
 * 4. Of an entry either its head is known or, where that was purged, only which version it was: never both.
 *
 * A damaged index throws CORRUPT once, and is empty when it is opened the next time.
 */
import type { FileTime } from '../engine/local-files.ts'

export type EntryKind = 'file' | 'folder' | 'link'

/** The head of an entry. Ids are hex. */
export interface IndexEntry {
  readonly entry: string
  /** The vault's id for what lies in its root. */
  readonly parent: string
  readonly kind: EntryKind
  readonly implicit: boolean
  readonly tombstone: boolean
  readonly name: Uint8Array
  /** 32 bytes. */
  readonly tag: Uint8Array
  readonly version: string
  readonly previous: string | undefined
  readonly generation: number
  /** Permission bits, 12 of them. */
  readonly mode: number
  readonly bytes: number
  readonly modified: FileTime
  /** 32 bytes; zeros for folders and tombstones. */
  readonly sha256: Uint8Array
  readonly md5: Uint8Array | undefined
  readonly chunkCount: number
  /** 32 bytes: what the pages of its whole chunk list are checked against. */
  readonly listRoot: Uint8Array
  /** Of the commit that made this version. */
  readonly n: number
}

/** How far a feed was followed. */
export interface FeedPoint {
  readonly term: number
  readonly n: number
  /** 32 bytes; empty when nothing was followed yet (n = 0, term = 0). */
  readonly h: Uint8Array
}

export interface IndexState extends FeedPoint {
  /** Of the last commit. */
  readonly commitTerm: number
}

/** The head of an entry that was purged: all that its statement lists of it. Ids are hex. */
export interface PurgedHead {
  readonly entry: string
  readonly parent: string
  readonly kind: EntryKind
  readonly tombstone: boolean
  readonly version: string
  /** Of the commit that made this version. */
  readonly n: number
}

/** One commit of the feed, kept so that its signature can be checked later. */
export interface IndexCommit {
  readonly n: number
  /** 32 bytes. */
  readonly h: Uint8Array
  /** Account id, hex. */
  readonly writer: string
  readonly statement: Uint8Array
  readonly signature: Uint8Array
  /** Whether the signature was checked. */
  readonly verified: boolean
}

export interface ChildrenRequest {
  readonly parent: string
  /** The last one had before; of a file and a folder with one name the file comes first. */
  readonly after?: Pick<IndexEntry, 'name' | 'kind'> | undefined
  readonly most: number
}

/** Of one name in one folder. Links count as files. */
export interface NamedEntries {
  readonly file: IndexEntry | undefined
  readonly folder: IndexEntry | undefined
  /** The latest deleted file. */
  readonly deletedFile: IndexEntry | undefined
}

export interface VaultIndex {
  state(): IndexState
  /** Entry by id, tombstones too. */
  entry(id: string): IndexEntry | undefined
  /** The live file, link (kind 'file' finds both) or folder with this name. */
  child(place: {
    readonly parent: string
    readonly name: Uint8Array
    readonly kind: 'file' | 'folder'
  }): IndexEntry | undefined
  /** All that has this name in a folder, in one look. */
  named(place: { readonly parent: string; readonly name: Uint8Array }): NamedEntries
  /** Live children in byte order of their names, implicit folders too. */
  children(request: ChildrenRequest): IndexEntry[]
  /** Live files and links at any depth below a folder, and their bytes. */
  totals(folder: string): { readonly files: number; readonly bytes: number }
  purgedHead(entry: string): PurgedHead | undefined
  /**
   * Purged heads that are not deleted, so that something later must have replaced them or deleted a folder
   * above them; those of which that is known were settled.
   */
  unsettled(most: number): PurgedHead[]
  commit(n: number): IndexCommit | undefined
  /** h(n) of the last `most` commits, oldest first, 32 bytes each, together. */
  heads(most: number): Uint8Array
  /** h(n) of one commit. */
  head(n: number): Uint8Array | undefined

  /** Runs it alone among all processes; what it throws undoes everything. */
  transaction<T>(work: () => T): T
  /** The following only inside of `transaction`. */
  setState(state: IndexState): void
  addCommit(commit: IndexCommit): void
  markVerified(n: number): void
  /** Of an entry without a purged head. */
  putEntry(entry: IndexEntry): void
  /** False, with nothing done, when the entry is known or another live one of its kind has its name. */
  putNewEntry(entry: IndexEntry): boolean
  /** In the place of what was known of that entry. */
  putPurgedHead(head: PurgedHead): void
  /** Absent is fine. */
  removePurgedHead(entry: string): void
  settle(entry: string): void
  /** Forgets everything. */
  clear(): void
  close(): void
}

/** What must not be forgotten of a vault even when its index is: the account's own memory. */
export interface VaultPin {
  /** Highest state seen; n = 0 and an empty `h` before the first. */
  readonly feed: FeedPoint
  /** Of the newest vault record seen; undefined before the first. */
  readonly record: PinnedRecord | undefined
}

export interface PinnedRecord {
  readonly number: number
  /** 32 bytes. */
  readonly hash: Uint8Array
  /** Once they were unwrapped: so that HPKE is needed once for each record. */
  readonly secrets: PinnedSecrets | undefined
}

export interface PinnedSecrets {
  readonly lifeKey: Uint8Array
  readonly generationKeys: readonly Uint8Array[]
}

/**
 * Small and durable, for all vaults of an account; several processes may use it. Damage is an error
 * (CORRUPT): without it, an older history could be shown unnoticed.
 */
export interface VaultPins {
  get(vault: string): VaultPin | undefined
  /** Keeps the higher of what is there and this. A power cut may take it back unless it is `durable`. */
  raiseFeed(vault: string, feed: FeedPoint, options?: { readonly durable?: boolean }): void
  /** Keeps the higher numbered of what is there and this, and secrets if one has them. Durable. */
  raiseRecord(vault: string, record: PinnedRecord): void
  /** Of all vaults; what else is pinned stays. */
  forgetSecrets(): void
  close(): void
}

export interface IndexStore {
  openIndex(place: { readonly account: string; readonly vault: string }): VaultIndex
  openPins(account: string): VaultPins
  /** Removes all indexes of an account: names and hashes are nowhere any more. Pins stay. */
  removeIndexes(account: string): void
}
