/** What readers get: the feed, pages with places, health. */
import type { Blob, Id } from '../ids.ts'
import type { PackPlaces } from './packs.ts'

export interface FeedPart {
  readonly term: number
  /** Of the whole feed now. */
  readonly n: number
  readonly h: Blob
  readonly commits: readonly FeedCommit[]
}

export interface FeedCommit {
  readonly n: number
  readonly statement: Blob
  readonly signature: Blob
  readonly atMs: number
  /**
   * In the statement's order; undefined where the operation was purged. The tombstone an entry ended with stays:
   * who was behind when it was purged must still learn that the entry is gone.
   */
  readonly operations: readonly (Blob | undefined)[]
}

export interface Lookup {
  readonly pages: readonly PageRow[]
  /** Versions that have pages left, with the first of them. */
  readonly more: readonly { readonly version: Id; readonly from: number }[]
  readonly packs: readonly PackPlaces[]
}

export interface PageRow {
  readonly version: Id
  readonly number: number
  readonly sealedLengths: Blob
  /** In order. `pack` is a position in `packs`. */
  readonly chunks: readonly ChunkPlace[]
}

export interface ChunkPlace {
  readonly id: Blob
  readonly pack: number
  readonly offset: number
  readonly length: number
  readonly generation: number
}

export type Health = 'complete' | 'degraded' | 'unknown' | 'lost'
export type HealthCounts = Readonly<Record<Health, number>>
