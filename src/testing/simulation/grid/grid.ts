/** The machines of a simulated grid: one coordinator, nodes in zones, clients of a few accounts. */
import { sleep } from '../../../base/clock.ts'
import type { Catalogue } from '../../../catalogue/catalogue.ts'
import { gridKeys } from '../../../core/grid-keys.ts'
import type { Primitives } from '../../../core/primitives.ts'
import { Counters } from '../counters.ts'
import { Scheduler } from '../scheduler.ts'
import { SeededRandom } from '../seeded-random.ts'
import { simulatedNetwork } from '../simulated-network.ts'
import { Trace } from '../trace.ts'
import { withSimulatedSignatures } from '../simulated-signatures.ts'
import { ClientHost } from './client-host.ts'
import { CoordinatorHost } from './coordinator-host.ts'
import type { CoordinatorHostOptions } from './coordinator-host.ts'
import type { EngineRooms } from './engine-rooms.ts'
import type { GridParts, MachineOptions } from './machine.ts'
import type { Plants } from './plants.ts'
import { heartbeatMs, NodeHost } from './node-host.ts'

export interface GridOptions {
  readonly seed: number
  readonly primitives: Primitives
  readonly rooms: EngineRooms
  readonly limits: CoordinatorHostOptions['limits']
  /** Whose client each client machine is. */
  readonly accounts: readonly string[]
  /** The zone of each node. */
  readonly zones: readonly string[]
  readonly plants: Plants
  readonly watch: (catalogue: Catalogue, grid: SimulatedGrid) => Catalogue
  readonly echo?: (line: string) => void
}

export class SimulatedGrid {
  readonly random: SeededRandom
  readonly counters = new Counters()
  readonly parts: GridParts
  readonly coordinator: CoordinatorHost
  readonly nodes: readonly NodeHost[]
  readonly clients: readonly ClientHost[]

  constructor(options: GridOptions) {
    const { seed, zones, accounts } = options
    const primitives = withSimulatedSignatures(options.primitives)
    const { count } = this.counters
    this.random = new SeededRandom(seed)
    const scheduler = new Scheduler(this.random.fork())
    const network = simulatedNetwork({ scheduler, random: this.random.fork(), count })
    const trace = new Trace(() => scheduler.nowMs, options.echo)
    const gridSecret = this.random.bytes(32)
    this.parts = { scheduler, network, primitives, trace, gridSecret, count }
    this.nodes = zones.map((zone, at) => this.#node(`node-${at + 1}`, zone, options))
    this.coordinator = new CoordinatorHost({
      ...this.#machine(coordinatorName),
      nodes: this.nodes.map(({ config }) => config),
      limits: { heartbeatMs, nodeDownMs: 3 * heartbeatMs, collectPeriodMs, ...options.limits },
      plants: options.plants,
      watch: (catalogue) => options.watch(catalogue, this),
    })
    this.clients = accounts.map((account, at) => this.#client(`client-${at + 1}`, account, options))
  }

  /** All machines serve, the accounts are there, and all clients are logged in. */
  async start(): Promise<void> {
    await this.coordinator.start()
    await Promise.all(this.nodes.map((node) => node.start()))
    const accounts = new Set<string>()
    for (const client of this.clients) {
      if (!accounts.has(client.account)) await client.signUp()
      accounts.add(client.account)
      await client.logIn()
    }
    // By then each node was heard, also one whose clock was off at first
    await sleep(this.parts.scheduler.clock(), heartbeatMs + 500)
  }

  close(): void {
    for (const client of this.clients) client.close()
    for (const node of this.nodes) node.crash({ power: false, silent: true })
    this.coordinator.crash({ silent: true })
    this.coordinator.database.close()
  }

  #node(name: string, zone: string, { plants }: GridOptions): NodeHost {
    const { primitives, gridSecret } = this.parts
    return new NodeHost({
      ...this.#machine(name),
      zone,
      coordinatorKey: gridKeys(primitives, gridSecret).identityKey,
      coordinatorAddress: `${coordinatorName}:10000`,
      plants,
    })
  }

  #client(name: string, account: string, { rooms, plants }: GridOptions): ClientHost {
    return new ClientHost({
      ...this.#machine(name),
      account,
      rooms,
      coordinatorAddress: `${coordinatorName}:10000`,
      plants,
    })
  }

  #machine(name: string): MachineOptions {
    const clockOffsetMs = this.random.between(-clockOffsetMsMax, clockOffsetMsMax)
    return { parts: this.parts, name, random: this.random.fork(), clockOffsetMs }
  }
}

const coordinatorName = 'coordinator'
/** Shorter than in programs: nothing is slept through while nodes are up. */
const collectPeriodMs = 3_000
const clockOffsetMsMax = 90_000
