import type { ShardStore } from '../blocks/shard-store.ts'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Connection, Listener, Network } from '../base/network.ts'
import type { Random } from '../base/random.ts'
import { gridIdOf } from '../core/grid-keys.ts'
import type { Primitives } from '../core/primitives.ts'
import { GridTime } from './grid-time.ts'
import { learnTerm } from './learn-term.ts'
import { NodeConnection } from './node-connection.ts'
import { nodeLimits } from './node-context.ts'
import type { NodeContext, NodeLimits } from './node-context.ts'
import { ReceiptDesk } from './receipt-desk.ts'
import { SendPool } from './send-pool.ts'
import { TicketBudgets } from './ticket-budgets.ts'
import { UnheardStore } from './unheard-store.ts'

export interface NodeServerOptions {
  readonly store: ShardStore
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger: Logger
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array
  /** 32 bytes: the coordinator this node obeys and whose tickets it takes. */
  readonly coordinatorKey: Uint8Array
  readonly limits?: Partial<NodeLimits>
}

export interface NodeServer {
  /** Begins to serve at `host:port`. PORT_IN_USE. */
  listen(address: string): Promise<Listener>
  /**
   * What a heartbeat that named this store was answered; a higher term is kept durably when it resolves. Until
   * the first, an empty store takes no shards. TERM_OLD.
   */
  learn(from: { readonly timeMs: number; readonly term: number }): Promise<void>
  /** Ends all connections and waits for requests under way. The store stays open. */
  close(): Promise<void>
}

export function createNodeServer(options: NodeServerOptions): NodeServer {
  return new StorageNode(options)
}

class StorageNode implements NodeServer {
  readonly #network: Network
  readonly #context: NodeContext
  readonly #connections = new Set<NodeConnection>()
  readonly #perAddress = new Map<string, number>()
  readonly #listeners = new Set<Listener>()

  constructor(options: NodeServerOptions) {
    this.#network = options.network
    this.#context = contextOf(options)
  }

  async listen(address: string): Promise<Listener> {
    const listener = await this.#network.listen(address, (connection) => this.#accept(connection))
    this.#listeners.add(listener)
    return listener
  }

  async learn(from: { readonly timeMs: number; readonly term: number }): Promise<void> {
    await learnTerm(this.#context, from.term)
    this.#context.time.learn(from.timeMs)
    this.#context.unheard.heard()
  }

  async close(): Promise<void> {
    const ended = [...this.#connections].map((connection) => connection.ended)
    const reason = new HoldfastError('CONNECTION_LOST', 'The node is closing')
    for (const connection of this.#connections) connection.destroy(reason)
    await Promise.all([...this.#listeners].map((listener) => listener.close()))
    await Promise.all(ended)
  }

  #accept(connection: Connection): void {
    const address = hostOf(connection.remoteAddress)
    const sameAddress = this.#perAddress.get(address) ?? 0
    const { connectionsMax, connectionsPerAddressMax } = this.#context.limits
    if (this.#connections.size >= connectionsMax || sameAddress >= connectionsPerAddressMax) {
      this.#context.logger.debug('connection refused', { address, sameAddress })
      connection.destroy()
      return
    }
    this.#perAddress.set(address, sameAddress + 1)
    void this.#serve(new NodeConnection(this.#context, connection), address)
  }

  async #serve(connection: NodeConnection, address: string): Promise<void> {
    this.#connections.add(connection)
    await connection.ended
    this.#connections.delete(connection)
    const rest = this.#perAddress.get(address)! - 1
    if (rest > 0) this.#perAddress.set(address, rest)
    else this.#perAddress.delete(address)
  }
}

function contextOf(options: NodeServerOptions): NodeContext {
  const { store, clock, random, primitives, logger, coordinatorKey } = options
  const limits = { ...nodeLimits, ...options.limits }
  const seed = options.identitySeed
  const identity = { seed, publicKey: primitives.signingPublicKey(seed) }
  const time = new GridTime(clock)
  return {
    store,
    unheard: new UnheardStore(store),
    clock,
    random,
    primitives,
    logger,
    limits,
    identity,
    coordinatorKey,
    time,
    gridId: gridIdOf(primitives, coordinatorKey),
    receipts: new ReceiptDesk({ store, primitives, time, identity }),
    budgets: new TicketBudgets({
      ticketsMax: limits.ticketBudgetsMax,
      nowMs: () => time.nowMs(),
    }),
    sendPool: new SendPool(limits.nodeSendBytesMax),
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
