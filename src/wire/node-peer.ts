import { toHex } from '../base/bytes.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { randomFraction } from '../base/random.ts'
import { namingNode } from './naming-node.ts'
import { connectShardClient } from './shard-client.ts'
import type { Opener, ShardClient, ShardClientWorld, ShardNode } from './shard-client.ts'
import type { Deleted, Held, ListOptions, NodeStatus, ProvenLeaf } from './shard-requests.ts'
import type { PutOptions, ReadOptions, RecordedShard, RequestOptions } from './shard-requests.ts'
import type { ShardAddress, ShardHead, ShardListing, ShardRequests } from './shard-requests.ts'
import type { TicketCache } from './ticket-cache.ts'
import { orAborted } from './or-aborted.ts'

interface Open {
  readonly client: ShardClient
  /** By vault: what was presented there. */
  readonly presented: Map<string, Uint8Array>
}

interface Failure {
  readonly error: unknown
  readonly untilMs: number
}

type Ask<Value> = (client: ShardClient) => Promise<Value>

/** One node, connected when needed. */
export class NodePeer implements ShardRequests {
  readonly node: ShardNode
  readonly #world: ShardClientWorld
  readonly #opener: Opener
  readonly #tickets: TicketCache | undefined
  readonly #ending = new AbortController()
  #open: Open | undefined
  #opening: Promise<Open> | undefined
  #failure: Failure | undefined
  #failures = 0

  constructor(
    world: ShardClientWorld,
    options: {
      readonly node: ShardNode
      readonly opener: Opener
      readonly tickets: TicketCache | undefined
    },
  ) {
    this.#world = world
    this.node = options.node
    this.#opener = options.opener
    this.#tickets = options.tickets
  }

  put(shard: ShardAddress, options: PutOptions): Promise<Uint8Array> {
    return this.#ask([shard.vault], options, (client) => client.put(shard, options))
  }

  read(shard: ShardAddress, options: ReadOptions): Promise<void> {
    return this.#ask([shard.vault], options, (client) => client.read(shard, options))
  }

  readHeader(shard: ShardAddress, options: RequestOptions = {}): Promise<ShardHead> {
    return this.#ask([shard.vault], options, (client) => client.readHeader(shard, options))
  }

  proveLeaf(
    shard: ShardAddress,
    options: RequestOptions & { readonly leaf: number },
  ): Promise<ProvenLeaf> {
    return this.#ask([shard.vault], options, (client) => client.proveLeaf(shard, options))
  }

  have(shards: readonly ShardAddress[], options: RequestOptions = {}): Promise<Held[]> {
    const vaults = new Map(shards.map(({ vault }) => [toHex(vault), vault]))
    return this.#ask([...vaults.values()], options, (client) => client.have(shards, options))
  }

  list(options: RequestOptions & ListOptions): Promise<ShardListing> {
    return this.#ask([], options, (client) => client.list(options))
  }

  delete(
    shards: readonly RecordedShard[],
    options: RequestOptions & { readonly term: number },
  ): Promise<Deleted[]> {
    return this.#ask([], options, (client) => client.delete(shards, options))
  }

  status(options: RequestOptions = {}): Promise<NodeStatus> {
    return this.#ask([], options, (client) => client.status(options))
  }

  time(
    now: { readonly timeMs: number; readonly term: number },
    options: RequestOptions = {},
  ): Promise<void> {
    return this.#ask([], options, (client) => client.time(now, options))
  }

  close(): void {
    this.#ending.abort(
      namingNode(new HoldfastError('CONNECTION_LOST', 'The connection was closed'), this.node),
    )
    this.#open?.client.close()
  }

  /** Asks with tickets for the vaults; once more with new ones when the node refused those. */
  async #ask<Value>(
    vaults: readonly Uint8Array[],
    options: RequestOptions,
    ask: Ask<Value>,
  ): Promise<Value> {
    const { signal } = options
    const open = await this.#connected(signal)
    if (this.#tickets === undefined) return await ask(open.client)
    const used = await this.#present(open, { vaults, signal })
    try {
      return await ask(open.client)
    } catch (error) {
      if (!hasCode(error, 'TICKET_REFUSED') || used.length === 0) throw error
      await this.#present(open, { vaults, signal, refused: used })
      return await ask(open.client)
    }
  }

  /**
   * Gives the tickets of the vaults, each presented on this connection. What is asked next comes behind them:
   * their answers need not be waited for.
   */
  async #present(
    { client, presented }: Open,
    options: {
      readonly vaults: readonly Uint8Array[]
      readonly signal: AbortSignal | undefined
      readonly refused?: readonly Uint8Array[]
    },
  ): Promise<Uint8Array[]> {
    const { vaults, signal, refused } = options
    const tickets: Uint8Array[] = []
    for (const [at, vault] of vaults.entries()) {
      const ticket = await orAborted(this.#tickets!.get(vault, refused?.[at]), signal)
      tickets.push(ticket)
      const key = toHex(vault)
      if (presented.get(key) === ticket) continue
      presented.set(key, ticket)
      // A refusal is met again by what is asked with it
      client.present(ticket).catch(() => {})
    }
    return tickets
  }

  async #connected(signal: AbortSignal | undefined): Promise<Open> {
    this.#ending.signal.throwIfAborted()
    if (this.#open !== undefined && this.#open.client.ended === undefined) return this.#open
    if (this.#failure && this.#world.clock.monotonicMs() < this.#failure.untilMs) {
      throw this.#failure.error
    }
    this.#opening ??= this.#connect()
    return await orAborted(this.#opening, signal)
  }

  async #connect(): Promise<Open> {
    try {
      const { signal } = this.#ending
      const to = this.node
      const client = await connectShardClient(this.#world, { to, opener: this.#opener, signal })
      this.#open = { client, presented: new Map() }
      this.#failure = undefined
      this.#failures = 0
      return this.#open
    } catch (error) {
      this.#failures += 1
      this.#failure = { error, untilMs: this.#world.clock.monotonicMs() + this.#pauseMs() }
      throw error
    } finally {
      this.#opening = undefined
    }
  }

  /** Doubles from failure to failure; a draw keeps many clients apart. */
  #pauseMs(): number {
    const { reconnectMinMs, reconnectMaxMs } = limits
    const fullMs = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** (this.#failures - 1))
    return fullMs * (0.5 + randomFraction(this.#world.random) / 2)
  }
}
