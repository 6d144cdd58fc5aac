/** The grid and its nodes. */
import type { Blob, Id } from '../ids.ts'

export interface GridRow {
  readonly gridId: Id
  readonly term: number
  readonly schema: number
}

export interface NodeConfig {
  readonly node: Id
  readonly name: string
  readonly address: string
  readonly zone: string
  readonly publicKey: Blob
}

export interface NodeRow extends NodeConfig {
  readonly state: 'active' | 'draining' | 'evicted'
  readonly storeId: Id | undefined
  readonly lastRecord: number
  /** Undefined when there is none. */
  readonly quarantine: Quarantine | undefined
}

/**
 * Records up to `upTo` of the node's store are not deleted: the node worked with another catalogue, or with a
 * newer state of this one, and what this one knows of them may be wrong. Ends on confirmation of its id only.
 */
export interface Quarantine {
  readonly id: string
  readonly upTo: number
}

/** What a node is told with each heartbeat and tells with the next one, so that an older catalogue shows. */
export interface Marks {
  /** What the node was told last, by whatever catalogue; undefined when it was told none. */
  readonly said: Id | undefined
  /** What it will be told now: kept before it is. */
  readonly next: Id
}
