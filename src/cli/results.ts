/**
 * What commands have found or done, as plain values: what the renderers print as text and what `--json`
 * prints as documents. Names inside a vault are bytes; the JSON shapes are made in `json.ts`.
 */
import type { ErrorJson } from '../base/errors.ts'
import type { FileList } from './file-list.ts'

export type Health = 'complete' | 'degraded' | 'unknown' | 'lost'
export type EntryType = 'file' | 'folder' | 'link'

/** A place in a vault. */
export interface VaultPlace {
  readonly vault: string
  /** Bytes with a leading `/`; the root is `/` alone. */
  readonly path: Uint8Array
}

export type PutState = 'stored' | 'unchanged' | 'queued' | 'failed' | 'changed' | 'skipped'

/** One file, folder or link of a `put`. */
export interface PutFile extends VaultPlace {
  readonly bytes: number
  /** Version id, hex; absent when nothing was stored. */
  readonly version?: string
  readonly sha256?: string
  /** Of versions that were put with `--digest md5`. */
  readonly md5?: string
  readonly state: PutState
  /** Plaintext bytes of chunks that the vault lacked. */
  readonly newBytes: number
  /** Why: for `failed`, `changed` and `skipped`. */
  readonly error?: ErrorJson
}

export interface PutResult {
  readonly files: FileList<PutFile>
  /** Of all packs sent: shards written, and shards the policy wants. */
  readonly shards: { readonly written: number; readonly wanted: number }
  readonly seconds: number
}

export type GetState = 'written' | 'failed' | 'skipped'

export interface GetFile extends VaultPlace {
  /** Local path, or `-`. */
  readonly to: Uint8Array
  readonly bytes: number
  readonly sha256?: string
  readonly state: GetState
  readonly error?: ErrorJson
}

export interface GetResult {
  readonly files: FileList<GetFile>
  readonly seconds: number
}

export interface Entry extends VaultPlace {
  readonly type: EntryType
  /** Of links. */
  readonly target?: Uint8Array
  readonly bytes: number
  /** Permission bits, 12 of them. */
  readonly mode: number
  /** Milliseconds since 1970; fractions allowed. */
  readonly modifiedMs: number
  /** Of files. */
  readonly sha256?: string
  /** Of versions that were put with `--digest md5`. */
  readonly md5?: string
  readonly version?: string
  readonly health?: Health
}

export interface ShardPlace {
  readonly index: number
  /** Name of the node. */
  readonly node: string
  readonly state: 'durable' | 'missing' | 'unknown' | 'lost'
}

export interface PackPlace {
  /** Hex. */
  readonly id: string
  readonly k: number
  readonly m: number
  readonly shards: readonly ShardPlace[]
}

export interface StatResult extends Entry {
  readonly chunks: number
  /** Only when asked for. */
  readonly packs?: readonly PackPlace[]
}

export interface RemovedFile extends VaultPlace {
  /** Of the tombstone, hex. */
  readonly version?: string
  readonly error?: ErrorJson
}

export interface RemoveResult {
  readonly files: readonly RemovedFile[]
}

export interface VaultSummary {
  readonly name: string
  /** `k+m`. */
  readonly policy: string
  readonly role: 'owner' | 'writer' | 'reader'
  readonly files: number
  readonly bytes: number
}

/** One vault, for `vault show`. */
export interface VaultDetails extends VaultSummary {
  readonly id: string
  readonly threshold: number
  readonly generation: number
  readonly health?: VaultHealth
}

/** How many files are in which state. */
export interface VaultHealth {
  readonly complete: number
  readonly degraded: number
  readonly unknown: number
  readonly lost: number
}

export type NodeState = 'up' | 'down' | 'draining' | 'evicted'

export interface NodeStatus {
  readonly name: string
  readonly address: string
  readonly zone: string
  readonly state: NodeState
  /** Of a node that is up: whether its disk takes writes, only reads, or is gone. */
  readonly store?: 'serving' | 'read-only' | 'disk-gone'
  readonly pid?: number
  readonly latencyMs?: number
  readonly usedBytes?: number
  readonly freeBytes?: number
}

/** Only the name of a vault that could not be looked at in time; no health where it could not be counted. */
export interface VaultStatus extends Partial<VaultHealth> {
  readonly name: string
  readonly files?: number
  readonly bytes?: number
}

/** What waits for time (`clock-jumped`: nothing is collected for a while) or for the operator. */
export interface StatusNotice {
  readonly kind: 'clock-jumped' | 'strangers-kept' | 'quarantine'
  /** Its name. */
  readonly node?: string
  readonly shards?: number
  /** Of the quarantine. */
  readonly id?: string
}

export interface StatusResult {
  readonly coordinator: { readonly address: string; readonly state: 'up' | 'down' }
  readonly nodes: readonly NodeStatus[]
  /** Empty when nobody is logged in. */
  readonly vaults: readonly VaultStatus[]
  readonly notices?: readonly StatusNotice[]
}

export interface AccountResult {
  readonly account: string
  readonly usedBytes?: number
  readonly quotaBytes?: number
  /** Names of all accounts that are logged in on this machine. */
  readonly sessions?: readonly string[]
}
