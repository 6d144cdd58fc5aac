import type { Blob, Id } from './ids.ts'
import type {
  AccountQuota,
  AccountRow,
  NewAccount,
  NewSession,
  SessionRow,
} from './rows/accounts.ts'
import type { CommitAnswer, CommitRequest, NewPage } from './rows/commits.ts'
import type { GridRow, Marks, NodeConfig, NodeRow } from './rows/nodes.ts'
import type {
  HeldShard,
  NewPack,
  NewShard,
  PackPlaces,
  ReceiptStore,
  RegisterAnswer,
  ShardKey,
  ShardState,
} from './rows/packs.ts'
import type { FeedPart, Health, HealthCounts, Lookup } from './rows/reading.ts'
import type { NewVault, VaultRow } from './rows/vaults.ts'

/**
 * What the coordinator keeps, as domain operations. Each method is one serializable transaction: it sees
 * and does everything or nothing, and is durable when it resolves. Nothing here assumes one process or one
 * engine: another coordinator may work on the same rows at any moment, and every decision is taken inside
 * the transaction that acts on it.
 *
 * Ids are lower-case hex. Times are the catalogue's own clock, in ms. Methods that wait for a lease or an
 * expiry compare with that clock only. Implementations retry serialization failures themselves. All throw
 * NO_SPACE when the disk is full and HoldfastError('BUSY') when a bounded queue is full; normal refusals
 * are values with a `kind`.
 *
 * Invariants.
 * 1. Per vault, `n` is gapless and raised last, in the transaction of the commit it counts.
 * 2. At most one live entry (head not a tombstone) for each (parent, tag): nothing becomes live beside another.
 * 3. A reference is to a chunk row, and a chunk row is in a `live` or `merging` pack.
 * 4. A pack goes live → dead only, never back; a dead pack's row stays for ever.
 * 5. A shard's place changes only by compare-and-swap on (pack, index, placement generation).
 */
export interface Catalogue {
  /** Grid id, term and schema version. `gridId` is drawn when the catalogue is new. */
  grid(): Promise<GridRow>

  // Accounts
  createAccount(request: NewAccount): Promise<{ kind: 'created' } | { kind: 'name-taken' }>
  accountByName(name: string): Promise<AccountRow | undefined>
  account(id: Id): Promise<AccountRow | undefined>
  /** Of the accounts of these names; a name without an account is passed over. */
  setQuotas(quotas: readonly AccountQuota[]): Promise<void>
  /**
   * Counts a try to log in that was begun, by account name (known or not) and source address. `wait` when
   * earlier unfinished tries ask for it (nothing is counted then). The count falls to zero with `createSession`.
   * `free`: how many do not wait, when not `freeTries`.
   */
  beginTry(request: {
    name: string
    source: string
    free?: number | undefined
  }): Promise<{ kind: 'go' } | { kind: 'wait'; waitMs: number }>
  /** Whether a try of this name, from wherever, was counted in the last `withinMs`. */
  wasTried(request: { name: string; withinMs: number }): Promise<boolean>
  createSession(request: NewSession): Promise<void>
  /** The session, unless it expired; its expiry moves on use, at most once an hour. */
  session(id: Id): Promise<SessionRow | undefined>
  removeSession(id: Id): Promise<void>

  // Vaults
  createVault(
    request: NewVault,
  ): Promise<{ kind: 'created' } | { kind: 'exists' } | { kind: 'too-many' }>
  /** Those the account is a member of, in order of id. */
  vaultsOf(account: Id): Promise<VaultRow[]>
  /** As member `account` sees it; undefined when it is none. */
  vault(request: { vault: Id; account: Id }): Promise<VaultRow | undefined>

  // Nodes
  /**
   * All nodes of the grid: adds what is new and changes address, zone and name of what is known. Never removes:
   * who is left out is `evicted`, and `active` again, with its shards unknown, when it is named again.
   */
  configureNodes(nodes: readonly NodeConfig[]): Promise<void>
  nodes(): Promise<NodeRow[]>
  /**
   * What a node said of its store. `store`: 'same', 'new' (another store id: its shards are unknown until a
   * census), or 'older' (record number below the highest seen: an old image; likewise). In the latter two
   * cases all its durable shards become `unknown` in the same transaction. `quarantined`: the id of the
   * quarantine of what it holds, when that began now, since the store is new here or the node was told a mark
   * that this catalogue did not give (none counts as such). Never without `marks`.
   */
  nodeSeen(request: {
    node: Id
    storeId: Id
    lastRecord: number
    marks?: Marks | undefined
  }): Promise<{ store: 'same' | 'new' | 'older'; quarantined?: string }>
  /** What is in the quarantine of this id may be deleted again. Gives the nodes where it was. */
  endQuarantine(id: string): Promise<Id[]>

  // Uploads
  /** Opens, or renews the lease of, an upload. */
  openUpload(request: { upload: Id; vault: Id; account: Id }): Promise<{ expiresMs: number }>
  /**
   * Of these chunk ids (32 bytes each, together), which are in live, healthy packs: one byte each, 0 or 1.
   * Healthy: at least `threshold` shards (the vault's when undefined) are durable or unknown.
   */
  knownChunks(request: { vault: Id; ids: Blob; threshold?: number | undefined }): Promise<Blob>
  /**
   * Registers packs that are durable. Repeating is harmless. A chunk that is registered already keeps the
   * healthier place. Anything but `registered` did nothing.
   */
  registerPacks(request: {
    upload: Id
    vault: Id
    packs: readonly NewPack[]
  }): Promise<RegisterAnswer>
  /** Later receipts for shards that a registration lacked. Unknown packs are ignored. */
  addShards(request: { vault: Id; shards: readonly NewShard[] }): Promise<void>
  /** Pages of a list too long for one commit, kept under the upload; referenced chunks are held from here on. */
  stagePages(request: {
    upload: Id
    vault: Id
    version: Id
    pages: readonly NewPage[]
    /** As in CommitRequest. */
    threshold?: number | undefined
  }): Promise<{ kind: 'staged' } | { kind: 'missing'; chunks: Blob } | { kind: 'upload-gone' }>
  /** The one way anything becomes visible. With `packs`, registers them in the same transaction. */
  commit(request: CommitRequest): Promise<CommitAnswer>
  /**
   * Ends an upload: what it registered and nothing refers to may be collected; with `discard` without the grace
   * that trash has, up to `uploadPacksPerUnit` packs of it.
   */
  closeUpload(upload: Id, options?: { discard?: boolean | undefined }): Promise<void>

  // Reading
  feed(request: {
    vault: Id
    after: number
    commitsMax: number
    bytesMax: number
  }): Promise<FeedPart>
  /**
   * Pages and places of versions: from page `from` on, at most `pagesMax` pages in all, ending behind the page
   * with which `chunksMax` chunks are reached; `more` says for which versions pages are left. An unknown or
   * purged version is absent from the answer.
   */
  lookup(request: {
    vault: Id
    versions: readonly { version: Id; from: number }[]
    pagesMax: number
    chunksMax: number
  }): Promise<Lookup>
  /** For each version: over its packs, how well the worst is. `up` are the nodes that answer now. */
  health(request: {
    vault: Id
    versions: readonly Id[]
    up: readonly Id[]
  }): Promise<Map<Id, Health>>
  /**
   * Files (live heads of kind file and link) of a vault by health, in order of entry id: those after `after`,
   * until so many entries or chunks were looked at; `next` is where to go on, absent at the end.
   */
  vaultHealth(request: {
    vault: Id
    up: readonly Id[]
    after?: Id | undefined
    entriesMax?: number | undefined
    chunksMax?: number | undefined
  }): Promise<HealthCounts & { next?: Id }>

  // Healing
  /** Packs with shards that are not durable (missing or lost), after `cursor`, in order of id. */
  packsToHeal(request: { cursor: Id | undefined; packsMax: number }): Promise<PackPlaces[]>
  packPlaces(packs: readonly Id[]): Promise<PackPlaces[]>
  /**
   * Compare-and-swap on (pack, index, generation, node, state). False when the row says otherwise by now, or
   * when the receipt is of another store than the node `to` has by now.
   */
  setShard(request: {
    pack: Id
    index: number
    generation: number
    from: { node: Id; state: ShardState }
    to: { node: Id; state: ShardState; recordNumber?: number; receipt?: ReceiptStore }
  }): Promise<boolean>
  /**
   * A page of a census: `held` is all that the node lists with shard ids in (after, upTo]; `upTo` undefined
   * means to the end. Rows of that range become durable or missing accordingly; answered with what the node
   * holds and no row expects there (with whether the pack is known live). Rows that changed at `askedMs`
   * (when the node was asked, by the catalogue's clock) or later are left as they are. Long ranges are
   * worked on in several transactions; repeating is harmless. `missing` counts the rows of the range that are
   * missing now.
   */
  census(request: {
    node: Id
    after: ShardKey | undefined
    upTo: ShardKey | undefined
    held: readonly HeldShard[]
    askedMs?: number | undefined
  }): Promise<{ strangers: (HeldShard & { packKnown: boolean })[]; missing: number }>

  // Collection
  /** Uploads whose lease ended go, with the staged pages; at most `most` at a time. Returns how many went. */
  expireUploads(most: number): Promise<number>
  /** Marks chunks that nothing refers to and no upload holds; unmarks those referred to again. */
  markTrash(most: number): Promise<{ marked: number }>
  /** Removes chunk rows marked before `beforeMs`; packs left without chunk become dead. At most `most` chunks. */
  emptyTrash(request: {
    beforeMs: number
    most: number
  }): Promise<{ chunks: number; packs: number }>
  /** Inserts these pack ids as dead unless a row exists. Returns those that are dead now. */
  killUnknownPacks(packs: readonly Id[]): Promise<Id[]>
  /** Shards of dead packs that are durable and left to delete; only at `nodes` when given. */
  deadShards(
    most: number,
    nodes?: readonly Id[],
  ): Promise<(ShardKey & { node: Id; recordNumber: number })[]>
  /** Forgets the places of shards that a node has deleted. */
  shardsDeleted(shards: readonly (ShardKey & { node: Id })[]): Promise<void>
  /** Purges versions that are not heads and were replaced before `beforeMs`, and tombstoned heads likewise. */
  purge(request: { beforeMs: number; most: number }): Promise<number>
  /** Purges all versions of these entries (and of what is below them) whose head is a tombstone. */
  purgeEntries(request: {
    vault: Id
    entries: readonly Id[]
    most: number
  }): Promise<{ more: boolean }>

  close(): Promise<void>
}
