import { toHex } from '../base/bytes.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { randomFraction } from '../base/random.ts'
import { namingNode } from './naming-node.ts'
import { connectShardClient } from './connect-shard-client.ts'
import type { Opener, ShardClient, ShardClientWorld, ShardNode } from './shard-client.ts'
import type {
  Deleted,
  Held,
  ListOptions,
  NodeStatus,
  ProvenLeaf,
  PutOptions,
  ReadOptions,
  RecordedShard,
  RequestOptions,
  ShardAddress,
  ShardHead,
  ShardListing,
  ShardRequests,
} from './shard-requests.ts'
import type { TicketCache } from './ticket-cache.ts'
import { orAborted } from './or-aborted.ts'

interface Open {
  readonly client: ShardClient
  /** By vault: what was presented there. */
  readonly presented: Map<string, Uint8Array>
  /** The node took a ticket. */
  admission: Promise<void> | undefined
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
    if (this.#tickets === undefined || vaults.length === 0) return await ask(open.client)
    const used = await this.#ticketsFor(vaults, { signal })
    try {
      await this.#present(open, { vaults, tickets: used })
      return await ask(open.client)
    } catch (error) {
      if (!hasCode(error, 'TICKET_REFUSED')) throw error
      const renewed = await this.#ticketsFor(vaults, { signal, refused: used })
      await this.#present(open, { vaults, tickets: renewed })
      return await ask(open.client)
    }
  }

  #ticketsFor(
    vaults: readonly Uint8Array[],
    options: {
      readonly signal: AbortSignal | undefined
      readonly refused?: readonly Uint8Array[]
    },
  ): Promise<Uint8Array[]> {
    const { signal, refused } = options
    const tickets = vaults.map((vault, at) => this.#tickets!.get(vault, refused?.[at]))
    return orAborted(Promise.all(tickets), signal)
  }

  /**
   * Presents on this connection what was not yet. Only the first ticket is waited for, before which a node
   * reads short messages alone; a refusal of others is met again by what is asked with them.
   */
  async #present(
    open: Open,
    options: { readonly vaults: readonly Uint8Array[]; readonly tickets: readonly Uint8Array[] },
  ): Promise<void> {
    for (const [at, ticket] of options.tickets.entries()) {
      const key = toHex(options.vaults[at]!)
      if (open.presented.get(key) === ticket) continue
      open.presented.set(key, ticket)
      const presenting = open.client.present(ticket)
      open.admission ??= presenting
      presenting.catch(() => {
        if (open.admission === presenting) open.admission = undefined
      })
    }
    await open.admission
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
      this.#open = { client, presented: new Map(), admission: undefined }
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
