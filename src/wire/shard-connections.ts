import { HoldfastError } from '../base/errors.ts'
import { NodePeer } from './node-peer.ts'
import type { Opener, ShardClientWorld, ShardNode } from './shard-client.ts'
import type { ShardRequests } from './shard-requests.ts'
import { TicketCache } from './ticket-cache.ts'
import type { TicketFor } from './ticket-cache.ts'

export interface ShardConnectionsOptions {
  readonly opener: Opener
  /**
   * Gives a ticket for this vault that names the opener's key. Called again when a node refused the last one
   * or it is about to expire. Not called for a coordinator.
   */
  readonly ticketFor?: TicketFor
}

/**
 * Connections to nodes, opened when first needed, one to each node, shared by all requests to it. After a
 * failure to connect the next attempt waits (growing pauses): until then requests fail at once as that did.
 */
export class ShardConnections {
  readonly #world: ShardClientWorld
  readonly #opener: Opener
  readonly #tickets: TicketCache | undefined
  readonly #peers = new Map<string, NodePeer>()
  #closed: HoldfastError | undefined

  constructor(world: ShardClientWorld, options: ShardConnectionsOptions) {
    this.#world = world
    this.#opener = options.opener
    this.#tickets = options.ticketFor && new TicketCache(world.clock, options.ticketFor)
  }

  /**
   * Requests to this node; connecting, reconnecting and tickets are seen to. A node that is named with another
   * address than before is connected to there from now on.
   */
  to(node: ShardNode): ShardRequests {
    if (this.#closed) throw this.#closed
    const known = this.#peers.get(node.node)
    if (known?.node.address === node.address) return known
    known?.close()
    const peer = new NodePeer(this.#world, {
      node,
      opener: this.#opener,
      tickets: this.#tickets,
    })
    this.#peers.set(node.node, peer)
    return peer
  }

  /** Fails what is under way with CONNECTION_LOST, and what comes. */
  close(): void {
    this.#closed = new HoldfastError('CONNECTION_LOST', 'The connections to the nodes were closed')
    for (const peer of this.#peers.values()) peer.close()
  }
}
