import type { Clock } from '../base/clock.ts'
import type { HoldfastError } from '../base/errors.ts'
import type { Network } from '../base/network.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import type { ShardRequests, StoreState } from './shard-requests.ts'

/** Who opens the connection. Seeds are Ed25519, 32 bytes: of the client's session, of the coordinator. */
export type Opener =
  | { readonly role: 'client'; readonly seed: Uint8Array }
  | { readonly role: 'coordinator'; readonly seed: Uint8Array; readonly term: number }

export interface ShardClientWorld {
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
}

export interface ShardNode {
  /** Node id, hex: named in errors. */
  readonly node: string
  readonly address: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** What the node said of itself when the connection was opened. */
export interface NodeWelcome {
  readonly version: number
  readonly storeId: Uint8Array
  readonly lastRecord: number
  readonly term: number
  readonly state: StoreState
}

/** One open connection to one node, both sides proven. */
export interface ShardClient extends ShardRequests {
  readonly node: ShardNode
  readonly welcome: NodeWelcome
  /** Resolves, once, with why it ended. Every request under way failed before. */
  readonly closed: Promise<HoldfastError>
  /** Why it ended; undefined while it is open. */
  readonly ended: HoldfastError | undefined
  /**
   * Presents a ticket; needed before requests of a client for its vault, which may follow without waiting
   * for this. TICKET_REFUSED.
   */
  present(ticket: Uint8Array): Promise<void>
  /** Fails what is under way with CONNECTION_LOST. */
  close(): void
}
