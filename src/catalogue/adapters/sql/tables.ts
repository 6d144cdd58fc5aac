/**
 * The rows of the catalogue, as every SQL engine keeps them (docs/catalogue.md explains each table). Ids and
 * hashes are blobs, keys are integers that are never given twice (the engine draws those marked Generated,
 * the others come from the counter), flags are 0 or 1, times ms, absent is null.
 */
import type { Generated } from 'kysely'
import type { Blob } from '../../ids.ts'

export interface Tables {
  schema_steps: { number: number; applied_ms: number }
  grid: { one: number; grid_id: Blob; term: number }
  counters: { name: string; next: number }
  accounts: AccountsTable
  tries: { name: string; source: string; unfinished: number; last_ms: number }
  sessions: {
    id: Blob
    account: number
    mac_key: Blob
    life_ms: number
    expires_ms: number
  }
  vaults: VaultsTable
  vault_records: { vault: number; number: number; record: Blob; signature: Blob }
  members: {
    vault: number
    account: number
    wrapped_keys: Blob
    name_tag: Blob
    sealed_name: Blob
  }
  nodes: NodesTable
  marks: { id: Blob; given_ms: number }
  uploads: UploadsTable
  upload_packs: { upload: number; pack: number }
  staged: { version: number; upload: number }
  packs: PacksTable
  shards: ShardsTable
  chunks: ChunksTable
  entries: EntriesTable
  versions: VersionsTable
  commits: CommitsTable
  pages: { version: number; number: number; chunks: number; sealed_lengths: Blob }
  refs: { version: number; position: number; chunk: number }
  suspects: { pack: number }
  doomed: { version: number }
  purging: { key: Generated<number>; entry: number }
}

export interface AccountsTable {
  key: Generated<number>
  id: Blob
  name: string
  opaque_record: Blob
  signing_key: Blob
  box_key: Blob
  bundle: Blob
  quota_bytes: number | null
}

export interface VaultsTable {
  key: Generated<number>
  id: Blob
  owner: number
  code: number
  k: number
  m: number
  threshold: number
  record_number: number
  n: number
  h: Blob
  /** Sealed bytes of the vault's chunk rows. */
  stored_bytes: number
}

export interface NodesTable {
  key: Generated<number>
  id: Blob
  name: string
  address: string
  zone: string
  public_key: Blob
  state: number
  store_id: Blob | null
  last_record: number
  /** Raised when the store changed: a durable shard row of an older epoch counts as unknown. */
  epoch: number
  /** When the present epoch began. */
  store_since_ms: number
  /** Records of the store up to this number are not deleted. */
  kept_up_to: number
  /** Of this quarantine; null when there is none. */
  quarantine: string | null
}

export interface UploadsTable {
  key: number
  id: Blob
  vault: number
  account: number
  /** 0 when it was closed and its rows are being given up. */
  expires_ms: number
}

export interface PacksTable {
  key: number
  id: Blob
  /** Null for an id that was killed before anyone registered it. */
  vault: number | null
  state: number
  kind: number
  code: number
  k: number
  m: number
  length: number
  shard_length: number
  generation: number
  data_roots: Blob
  /** Shards that are durable (of whatever epoch) or unknown. */
  held: number
  /** Shards that are missing or lost. */
  unheld: number
  /** Since when no chunk row is here, though the pack is not dead. */
  empty_since: number | null
}

export interface ShardsTable {
  pack: number
  index: number
  node: number
  state: number
  epoch: number
  record_number: number | null
  since_ms: number
}

export interface ChunksTable {
  key: number
  vault: number
  id: Blob
  pack: number
  offset: number
  length: number
  generation: number
  trash_since: number | null
}

export interface EntriesTable {
  key: number
  vault: number
  id: Blob
  /** Key of the parent's entry; null for the root. */
  parent: number | null
  tag: Blob
  folder: number
  kind: number
  implicit: number
  /** Key of the newest version; null for the root. */
  head: number | null
  /** When the head became a tombstone; null while the entry is live. */
  deleted_ms: number | null
}

export interface VersionsTable {
  key: number
  vault: number
  id: Blob
  /** These four are null while the version is only staged. */
  entry: number | null
  n: number | null
  position: number | null
  bytes: Blob | null
  tombstone: number
  chunk_count: number
  /** When another version took its place as head. */
  replaced_ms: number | null
}

export interface CommitsTable {
  vault: number
  n: number
  h: Blob
  account: number
  statement: Blob
  signature: Blob
  at_ms: number
  operations: number
  /** Of statement and operations: bounds a part of the feed before it is read. */
  bytes: number
}
