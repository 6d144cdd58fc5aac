/** What a commit brings, and how it ends. */
import type { Blob, Id } from '../ids.ts'
import type { NewPack } from './packs.ts'

export interface NewPage {
  readonly number: number
  /** 32 bytes each, together. */
  readonly ids: Blob
  readonly sealedLengths: Blob
}

export interface CommitRequest {
  readonly vault: Id
  readonly account: Id
  /** Undefined when the operations bring no chunk that an upload holds. */
  readonly upload: Id | undefined
  readonly packs: readonly NewPack[]
  readonly term: number
  readonly seen: { readonly n: number; readonly h: Blob }
  readonly statement: Blob
  readonly signature: Blob
  readonly operations: readonly OperationRow[]
  /**
   * Durable or unknown shards that the pack of each referenced chunk must have: this write's own threshold.
   * At least k; the vault's when undefined.
   */
  readonly threshold?: number | undefined
}

export interface OperationRow {
  /** Canonical bytes (docs/format.md, section 10): what the feed gives back. */
  readonly bytes: Blob
  readonly kind: 'file' | 'folder' | 'link'
  readonly tombstone: boolean
  readonly implicit: boolean
  readonly entry: Id
  readonly parent: Id
  readonly tag: Blob
  readonly version: Id
  readonly previous: Id | undefined
  readonly chunkCount: number
  /** Inline pages; empty when they were staged or when there are no chunks. */
  readonly pages: readonly NewPage[]
}

export type CommitAnswer =
  | { readonly kind: 'committed'; readonly n: number; readonly h: Blob }
  /** One for each operation that could not be done; nothing was done. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] }
  /** Chunk ids that are nowhere healthy: send them again. */
  | { readonly kind: 'missing'; readonly chunks: Blob }
  | { readonly kind: 'dead'; readonly packs: readonly Id[] }
  | { readonly kind: 'upload-gone' }
  /** The statement's (n, h) or term is not of this history. */
  | { readonly kind: 'forked' }
  | { readonly kind: 'over-quota'; readonly quotaBytes: number; readonly usedBytes: number }

export interface Conflict {
  /** Position in `operations`. */
  readonly at: number
  readonly why:
    | 'changed' // the head is not `previous`
    | 'exists' // another live entry has the name, be it a file or a folder
    | 'parent-gone' // the parent, or one above it, is not there or is deleted
    | 'entry-exists' // the entry id is taken by another place
}
