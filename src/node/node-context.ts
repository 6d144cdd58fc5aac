import type { ShardStore } from '../blocks/shard-store.ts'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import type { GridTime } from './grid-time.ts'
import type { ReceiptDesk } from './receipt-desk.ts'
import type { SendPool } from './send-pool.ts'
import type { TicketBudgets } from './ticket-budgets.ts'
import type { UnheardStore } from './unheard-store.ts'

/** Limits of the server that a test may want otherwise. */
export const nodeLimits = Object.freeze({
  handshakeMs: limits.handshakeMs,
  bodyStallMs: limits.bodyStallMs,
  bodyStallBytesMin: limits.bodyStallBytesMin,
  connectionIdleMs: limits.connectionIdleMs,
  connectionsMax: limits.connectionsMax,
  connectionsPerAddressMax: limits.connectionsPerAddressMax,
  connectionRequestsMax: limits.connectionRequestsMax,
  ticketTriesMax: limits.ticketTriesMax,
  ticketBudgetsMax: limits.ticketBudgetsMax,
  nodeSendBytesMax: limits.nodeSendBytesMax,
})

export type NodeLimits = { readonly [Name in keyof typeof nodeLimits]: number }

/** What all connections of a node share. */
export interface NodeContext {
  readonly store: ShardStore
  readonly unheard: UnheardStore
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger: Logger
  readonly limits: NodeLimits
  /** Ed25519 seed and public key of the node. */
  readonly identity: { readonly seed: Uint8Array; readonly publicKey: Uint8Array }
  readonly coordinatorKey: Uint8Array
  readonly gridId: Uint8Array
  readonly time: GridTime
  readonly receipts: ReceiptDesk
  readonly budgets: TicketBudgets
  readonly sendPool: SendPool
}
