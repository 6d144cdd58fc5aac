/** The nodes as a client sees them: the coordinator's map, corrected by what it met itself. */
import type { ErrorCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Network } from '../base/network.ts'
import type { ControlAnswer } from '../wire/control.ts'
import { ShardConnections } from '../wire/shard-connections.ts'
import type { ShardRequests } from '../wire/shard-requests.ts'
import { NodeTrust } from './node-trust.ts'
import type { WriterNode } from './put/shard-choice.ts'
import type { Session } from './session.ts'

export type ClusterNode = ControlAnswer<'cluster'>['nodes'][number]

/** Refusals that speak of one shard or ticket, not of the node. */
const aboutOneShard: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'EXISTS',
  'CORRUPT',
  'OVER_LIMIT',
  'TICKET_REFUSED',
  'INTERRUPTED',
])
const aboutWriting: ReadonlySet<ErrorCode> = new Set(['NO_SPACE', 'READ_ONLY'])

export class Cluster {
  readonly #session: Session
  readonly #connections: ShardConnections
  readonly #trust: NodeTrust
  #nodes: readonly ClusterNode[] = []
  /** Said that they have no space; believed as long as they are taken for unwritable. */
  readonly #full = new Set<string>()
  #byId: ReadonlyMap<string, ClusterNode> = new Map()
  #refreshedMs = 0

  private constructor(session: Session, network: Network) {
    this.#session = session
    const { clock, random, primitives } = session.world
    this.#trust = new NodeTrust(clock)
    const seed = random.bytes(32)
    const sessionKey = primitives.signingPublicKey(seed)
    this.#connections = new ShardConnections(
      { network, clock, random, primitives },
      {
        opener: { role: 'client', seed },
        ticketFor: async (vault) => {
          const askedMs = clock.monotonicMs()
          const { ticket, expiresMs } = await session.control.call('ticket', {
            vault: vault.toHex(),
            rights: 3,
            sessionKey,
          })
          return { ticket, expiresAtMs: askedMs + expiresMs - session.control.timeMs() }
        },
      },
    )
  }

  /** Asks the coordinator which nodes there are and which are up. */
  static async open(session: Session, network: Network): Promise<Cluster> {
    const cluster = new Cluster(session, network)
    await cluster.refresh()
    return cluster
  }

  get nodes(): readonly ClusterNode[] {
    return this.#nodes
  }

  async refresh(): Promise<void> {
    this.#refreshedMs = this.#session.world.clock.monotonicMs()
    const answer = await this.#session.control.call('cluster', {})
    this.#session.noteGrid(answer)
    this.#nodes = answer.nodes
    this.#byId = new Map(answer.nodes.map((node) => [node.node, node]))
  }

  /** Asks again, in the background, when the map is older than `clusterRefreshMs`: for work that lasts. */
  keepCurrent(): void {
    const { clock, logger } = this.#session.world
    if (clock.monotonicMs() - this.#refreshedMs < limits.clusterRefreshMs) return
    this.refresh().catch((error: unknown) => {
      logger.debug('the map of nodes could not be asked for', { error: String(error) })
    })
  }

  node(id: string): ClusterNode | undefined {
    return this.#byId.get(id)
  }

  nameOf(id: string): string {
    return this.node(id)?.name ?? id
  }

  /** Whether it is worth asking it for a shard. */
  isUp(id: string): boolean {
    return this.isSaidUp(id) && !this.#trust.has(id, 'silent')
  }

  /** Whether the coordinator hears it, whatever we met: worth asking when nobody else is left. */
  isSaidUp(id: string): boolean {
    const state = this.node(id)?.state
    return state === 'up' || state === 'draining'
  }

  /** Whether others should be asked before it, where there are others. */
  isSlow(id: string): boolean {
    return this.#trust.has(id, 'slow')
  }

  /** Whether it would take a shard, as far as is known, however slowly. */
  canWrite(id: string): boolean {
    const node = this.node(id)
    const serves = node?.state === 'up' && (node.store ?? 'serving') === 'serving'
    return serves && this.isUp(id) && !this.#trust.has(id, 'unwritable')
  }

  /** All of the grid, as one who writes sees them now. */
  writers(): WriterNode[] {
    return this.#nodes.map(({ node, zone, state }) => ({
      node,
      zone,
      state: state === 'draining' || state === 'evicted' ? state : 'active',
      isWritable: this.canWrite(node),
      isSlow: this.isSlow(node),
    }))
  }

  /** Names of those that are not up. */
  get down(): readonly string[] {
    return this.#nodes.filter(({ node }) => !this.isUp(node)).map(({ name }) => name)
  }

  /** Names of those that are up but take no shards, for want of space or because their disk refuses writes. */
  get readOnly(): { readonly full: readonly string[]; readonly refusing: readonly string[] } {
    const unwritable = this.#nodes.filter(
      ({ node, state }) => state === 'up' && this.isUp(node) && !this.canWrite(node),
    )
    const { full = [], refusing = [] } = Object.groupBy(unwritable, (node) =>
      this.#isFull(node) ? 'full' : 'refusing',
    )
    return { full: full.map(({ name }) => name), refusing: refusing.map(({ name }) => name) }
  }

  #isFull({ node, store, freeBytes }: ClusterNode): boolean {
    if (this.#full.has(node) && this.#trust.has(node, 'unwritable')) return true
    return store === 'read-only' && (freeBytes ?? 0) < limits.diskReserveBytes
  }

  /** What a request to this node failed with: for a while it is asked last, or not at all. */
  failed(id: string, error: HoldfastError): void {
    if (aboutOneShard.has(error.code)) return
    if (error.code === 'NO_SPACE') this.#full.add(id)
    this.#trust.note(id, aboutWriting.has(error.code) ? 'unwritable' : 'silent')
    this.#session.world.logger.warn('node failed a request', { node: id, code: error.code })
  }

  /** Others were faster by far. */
  dawdled(id: string): void {
    this.#trust.note(id, 'slow')
  }

  /** It did in good time what it was asked. */
  served(id: string): void {
    this.#trust.forget(id, 'silent')
    this.#trust.forget(id, 'slow')
  }

  /** Undefined when the map has no such node. */
  requests(id: string): ShardRequests | undefined {
    const node = this.node(id)
    if (!node) return undefined
    return this.#connections.to({
      node: id,
      address: node.address,
      publicKey: node.publicKey,
    })
  }

  close(): void {
    this.#connections.close()
  }
}
