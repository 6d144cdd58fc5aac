import type { Opener, ShardClientWorld, ShardNode } from './shard-client.ts'
import type { ShardRequests } from './shard-requests.ts'

export interface ShardConnectionsOptions {
  readonly opener: Opener
  /**
   * Gives a ticket for this vault that names the opener's key. Called again when a node refused the last one
   * or it is about to expire. Not called for a coordinator.
   */
  readonly ticketFor?: (vault: Uint8Array) => Promise<PresentedTicket>
}

export interface PresentedTicket {
  readonly ticket: Uint8Array
  /** By this side's monotonic clock. */
  readonly expiresAtMs: number
}

/**
 * Connections to nodes, opened when first needed, one to each node, shared by all requests to it. After a
 * failure the next attempt waits (growing pauses): until then requests fail at once with NODE_UNREACHABLE.
 */
export class ShardConnections {
  constructor(world: ShardClientWorld, options: ShardConnectionsOptions) {
    throw new Error('to be made', { cause: [world, options] })
  }

  /** Requests to this node; connecting, reconnecting and tickets are seen to. */
  to(node: ShardNode): ShardRequests {
    throw new Error('to be made', { cause: node })
  }

  close(): void {}
}
