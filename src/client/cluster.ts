/** The nodes as a client sees them: the coordinator's map, corrected by what it met itself. */
import type { HoldfastError } from '../base/errors.ts'
import { fromHex } from '../base/bytes.ts'
import { assert } from '../base/assert.ts'
import type { Network } from '../base/network.ts'
import type { PlacementNode } from '../core/placement.ts'
import type { ControlAnswer } from '../wire/control.ts'
import { ShardConnections } from '../wire/shard-connections.ts'
import type { ShardRequests } from '../wire/shard-requests.ts'
import type { Session } from './session.ts'

export type ClusterNode = ControlAnswer<'cluster'>['nodes'][number]

/** How long a node that failed a request is taken for down, whatever the coordinator says. */
const distrustMs = 5_000

export class Cluster {
  readonly #session: Session
  readonly #connections: ShardConnections
  readonly #failedAtMs = new Map<string, number>()
  #nodes: readonly ClusterNode[] = []

  private constructor(session: Session, network: Network) {
    this.#session = session
    const { clock, random, primitives } = session.world
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
    this.#nodes = (await this.#session.control.call('cluster', {})).nodes
  }

  node(id: string): ClusterNode | undefined {
    return this.#nodes.find(({ node }) => node === id)
  }

  nameOf(id: string): string {
    return this.node(id)?.name ?? id
  }

  isUp(id: string): boolean {
    const node = this.node(id)
    if (node?.state !== 'up' && node?.state !== 'draining') return false
    const failedAtMs = this.#failedAtMs.get(id)
    return (
      failedAtMs === undefined || this.#session.world.clock.monotonicMs() - failedAtMs > distrustMs
    )
  }

  /** As placement takes them. */
  placementNodes(): PlacementNode[] {
    return this.#nodes.map(({ node, zone, state }) => ({
      node,
      zone,
      state: state === 'draining' || state === 'evicted' ? state : 'active',
      up: this.isUp(node),
    }))
  }

  /** Names of those that are not up. */
  get down(): readonly string[] {
    return this.#nodes.filter(({ node }) => !this.isUp(node)).map(({ name }) => name)
  }

  /** What a request to this node failed with: for a while it counts as down. */
  failed(id: string, error: HoldfastError): void {
    if (error.code === 'NOT_FOUND' || error.code === 'EXISTS') return
    this.#failedAtMs.set(id, this.#session.world.clock.monotonicMs())
    this.#session.world.logger.warn('node failed a request', { node: id, code: error.code })
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

/** Bytes of an id that is hex by construction. */
export function idBytes(id: string): Uint8Array {
  const bytes = fromHex(id)
  assert(bytes !== undefined, `${id} is an id`)
  return bytes
}
