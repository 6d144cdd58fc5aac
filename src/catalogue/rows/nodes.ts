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
}
