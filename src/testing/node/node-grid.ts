/** One node with a store in memory, and who may talk to it: for tests of the shard protocol. */
import type { ShardStore } from '../../blocks/shard-store.ts'
import { openMemoryStore } from './memory-store.ts'
import { systemClock } from '../../base/adapters/system-clock.ts'
import type { Clock } from '../../base/clock.ts'
import { silentLogger } from '../../base/logger.ts'
import type { Listener, Network } from '../../base/network.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { gridIdOf } from '../../core/grid-keys.ts'
import { decodeShardId } from '../../core/shard.ts'
import { issueTicket } from '../../core/ticket.ts'
import type { Ticket } from '../../core/ticket.ts'
import type { NodeLimits } from '../../node/node-context.ts'
import { createNodeServer } from '../../node/node-server.ts'
import type { NodeServer } from '../../node/node-server.ts'
import { tcpNetwork } from '../../wire/adapters/tcp-network.ts'
import { connectShardClient } from '../../wire/connect-shard-client.ts'
import type { Opener, ShardClient, ShardClientWorld, ShardNode } from '../../wire/shard-client.ts'
import type { ShardAddress } from '../../wire/shard-requests.ts'
import { sampleShard } from '../conformance/sample-shard.ts'
import type { SampleShard } from '../conformance/sample-shard.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { simulatedNetwork } from '../simulation/simulated-network.ts'
import type { SimulatedNetwork } from '../simulation/simulated-network.ts'

export const primitives = createNativePrimitives()
const coordinatorSeed = new Uint8Array(32).fill(1)
export const nodeSeed = new Uint8Array(32).fill(2)
export const sessionSeed = new Uint8Array(32).fill(3)
const coordinatorKey = primitives.signingPublicKey(coordinatorSeed)
export const client: Opener = { role: 'client', seed: sessionSeed }

export interface NodeGridOptions {
  readonly limits?: Partial<NodeLimits>
  readonly bytesMax?: number
  readonly receiveBytesMax?: number
  /** Whether the coordinator was heard by the node; true unless told. */
  readonly heard?: boolean
  /** Put between the server and the store. */
  readonly wrap?: (store: ShardStore) => ShardStore
}

export interface NodeGrid {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly store: ShardStore
  readonly server: NodeServer
  readonly node: ShardNode
  readonly world: ShardClientWorld
  connect(opener?: Opener): Promise<ShardClient>
  /** A client that has presented a ticket for the vault. */
  admitted(vault: Uint8Array, ticket?: Partial<Ticket>): Promise<ShardClient>
  ticket(vault: Uint8Array, ticket?: Partial<Ticket>): Uint8Array
  shard(bytes: number, vault?: Uint8Array): SampleShard
}

export interface SimulatedNodeGrid extends NodeGrid {
  readonly scheduler: Scheduler
  readonly network: SimulatedNetwork
}

/** Runs `body` in simulated time, with the node at host `node` and the client at host `client`. */
export async function inSimulation(
  options: NodeGridOptions & { readonly seed?: number },
  body: (grid: SimulatedNodeGrid) => Promise<void>,
): Promise<void> {
  const seed = options.seed ?? 1
  const scheduler = new Scheduler(new SeededRandom(seed))
  const network = simulatedNetwork({ scheduler, random: new SeededRandom(seed + 1) })
  const parts = { clock: scheduler.clock(), random: new SeededRandom(seed + 2) }
  const run = async (): Promise<void> => {
    const grid = makeGrid({ ...options, ...parts, network: network.host('node') })
    const listener = await grid.server.listen('node:1')
    await greet(grid, options)
    await body({ ...openerOf(grid, network.host('client'), listener), scheduler, network })
  }
  await scheduler.run(run(), { timeMaxMs: 3_600_000 })
}

/** Runs `body` over real sockets. */
export async function overSockets(
  options: NodeGridOptions & { readonly tls?: 'off-loopback' | 'always' },
  body: (grid: NodeGrid) => Promise<void>,
): Promise<void> {
  const network = tcpNetwork({ tls: options.tls ?? 'off-loopback', identitySeed: nodeSeed })
  const parts = { clock: systemClock, random: new SeededRandom(1), network }
  const grid = makeGrid({ ...parts, ...options })
  const listener = await grid.server.listen('127.0.0.1:0')
  await greet(grid, options)
  try {
    await body(openerOf(grid, network, listener))
  } finally {
    await grid.server.close()
  }
}

interface Parts {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly store: ShardStore
  readonly server: NodeServer
}

function makeGrid(
  options: NodeGridOptions & Pick<Parts, 'clock' | 'random'> & { readonly network: Network },
): Parts {
  const { clock, random, network } = options
  const memory = openMemoryStore(options)
  const store = options.wrap?.(memory) ?? memory
  const server = createNodeServer({
    store,
    network,
    clock,
    random,
    primitives,
    logger: silentLogger,
    identitySeed: nodeSeed,
    coordinatorKey,
    ...(options.limits && { limits: options.limits }),
  })
  return { clock, random, store, server }
}

async function greet(
  { clock, server, store }: Parts,
  { heard = true }: NodeGridOptions,
): Promise<void> {
  if (heard) await server.learn({ timeMs: clock.nowMs(), term: store.term })
}

function openerOf(parts: Parts, network: Network, listener: Listener): NodeGrid {
  const { clock, random } = parts
  const world = { network, clock, random, primitives }
  const publicKey = primitives.signingPublicKey(nodeSeed)
  const node = { node: 'the node', address: listener.address, publicKey }
  const connect = (opener: Opener = client): Promise<ShardClient> =>
    connectShardClient(world, { to: node, opener })
  const ticket = (vault: Uint8Array, changed: Partial<Ticket> = {}): Uint8Array =>
    issueTicket(primitives, { ...ticketOf(vault, parts), ...changed }, coordinatorSeed)
  return {
    ...parts,
    node,
    world,
    connect,
    ticket,
    shard: (bytes, vault) => sampleShard({ random, primitives, bytes, ...(vault && { vault }) }),
    async admitted(vault, changed) {
      const connected = await connect()
      await connected.present(ticket(vault, changed))
      return connected
    },
  }
}

function ticketOf(vault: Uint8Array, { clock, random }: Parts): Ticket {
  return {
    grid: gridIdOf(primitives, coordinatorKey),
    account: random.bytes(16),
    vault,
    rights: 3,
    sessionKey: primitives.signingPublicKey(sessionSeed),
    bytesMax: 1e12,
    term: 0,
    issuedMs: clock.nowMs(),
    expiresMs: clock.nowMs() + 600_000,
    serial: random.bytes(16),
  }
}

export function coordinator(term: number): Opener {
  return { role: 'coordinator', seed: coordinatorSeed, term }
}

export function addressOf(shard: SampleShard): ShardAddress {
  return { shard: decodeShardId(shard.shardId), vault: shard.vault }
}

/** What `put` takes. */
export function bodyOf({ root, header, content }: SampleShard) {
  return { root, blocks: [header, content] }
}
