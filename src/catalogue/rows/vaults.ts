/** Vaults and their policies. */
import type { Blob, Id } from '../ids.ts'

export interface NewVault {
  readonly vault: Id
  readonly account: Id
  readonly policy: Policy
  readonly record: Blob
  readonly recordSignature: Blob
  readonly wrappedKeys: Blob
  readonly nameTag: Blob
  readonly sealedName: Blob
}

export interface Policy {
  readonly code: number
  readonly k: number
  readonly m: number
  /** Durable shards a write needs. */
  readonly threshold: number
}

export interface VaultRow {
  readonly vault: Id
  readonly owner: Id
  readonly policy: Policy
  /** Newest record; older ones are behind `number`. */
  readonly record: Blob
  readonly recordSignature: Blob
  readonly wrappedKeys: Blob
  readonly nameTag: Blob
  readonly sealedName: Blob
  /** Of the feed. */
  readonly n: number
  readonly h: Blob
}
