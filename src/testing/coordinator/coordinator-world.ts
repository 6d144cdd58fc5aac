/** A coordinator over a catalogue in memory, with nodes in memory, on simulated time: for tests of it. */
import type { Clock } from '../../base/clock.ts'
import { silentLogger, type Logger } from '../../base/logger.ts'
import {
  openInlineCatalogue,
  openSqliteDatabase,
  type InlineCatalogue,
  type SqliteDatabase,
} from '../../catalogue/adapters/open-inline.ts'
import type { NodeConfig } from '../../catalogue/rows/nodes.ts'
import type { LimitValues } from '../../coordinator/context.ts'
import {
  createCoordinator,
  type Coordinator,
  type CoordinatorOptions,
  type Signup,
  type UnknownShards,
} from '../../coordinator/coordinator.ts'
import type { NodeConnections } from '../../coordinator/nodes-world.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { createControlClient, type ControlClient } from '../../wire/control-client.ts'
import type { ControlSession } from '../../wire/control-provers.ts'
import type { ControlTransport } from '../../wire/transport.ts'
import { fakeOpaqueClient, fakeOpaqueServer } from '../fake-opaque.ts'
import { Scheduler } from '../simulation/scheduler.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'
import { MemoryNode } from './memory-node.ts'
import type { AccountWorld } from './test-account.ts'

export interface WorldOptions {
  readonly nodes?: number
  readonly signup?: Signup
  readonly unknownShards?: UnknownShards
  readonly limits?: Partial<LimitValues>
  readonly logger?: Logger
  /** Instead of calling the nodes directly. */
  readonly connect?: CoordinatorOptions['connect']
}

const testPrimitives = createNativePrimitives()

export class CoordinatorWorld implements AccountWorld {
  readonly primitives = testPrimitives
  readonly random = new SeededRandom(1)
  readonly scheduler = new Scheduler(this.random)
  readonly #steady = this.scheduler.clock()
  #jumpedMs = 0
  readonly clock: Clock = { ...this.#steady, nowMs: () => this.#steady.nowMs() + this.#jumpedMs }
  readonly gridSecret = new Uint8Array(32).fill(1)
  readonly opaqueClient = fakeOpaqueClient(this)
  readonly nodes: readonly MemoryNode[]
  /** As the configuration has it, from the next start on. */
  endQuarantine: string | undefined
  /** Nodes that the configuration does not name, from the next start on. */
  readonly leftOut = new Set<string>()
  readonly #options: WorldOptions
  #database: SqliteDatabase
  catalogue!: InlineCatalogue
  coordinator!: Coordinator

  private constructor(options: WorldOptions) {
    this.#options = options
    this.#database = openSqliteDatabase(':memory:')
    this.nodes = Array.from(
      { length: options.nodes ?? 4 },
      (_, number) => new MemoryNode(this.primitives, number),
    )
    for (const node of this.nodes) node.timeMs = () => this.clock.nowMs()
  }

  static async start(options: WorldOptions = {}): Promise<CoordinatorWorld> {
    const world = new CoordinatorWorld(options)
    await world.run(world.restart())
    await world.run(world.heartbeats())
    return world
  }

  /** Lets simulated time pass until `work` has ended. */
  run<Value>(work: Promise<Value>, timeMaxMs = 600_000): Promise<Value> {
    return this.scheduler.run(work, { timeMaxMs })
  }

  /** Another coordinator process over the same database. */
  async restart(): Promise<void> {
    const { clock, primitives, random } = this
    await this.coordinator?.close()
    const database = this.#database
    this.catalogue = await openInlineCatalogue({ database, clock, random, primitives })
    const nodes = this.nodes
      .map((node, number) => nodeConfig(node, number))
      .filter(({ node }) => !this.leftOut.has(node))
    const { endQuarantine } = this
    const { signup = { kind: 'open' }, unknownShards, limits } = this.#options
    const quotas = signup.kind === 'listed' ? signup.users : []
    this.coordinator = await createCoordinator({
      catalogue: this.catalogue,
      clock,
      random,
      primitives,
      opaque: fakeOpaqueServer(this, gridKeys(primitives, this.gridSecret).opaqueSeed),
      gridSecret: this.gridSecret,
      config: { nodes, signup, quotas, unknownShards, limits, endQuarantine },
      connect: this.#options.connect ?? (() => this.#directly()),
      logger: this.#options.logger ?? silentLogger,
      program: 'test',
      pid: 1,
    })
  }

  /** The next start finds no catalogue. Gives what puts the present one back, for the start after that. */
  loseCatalogue(): () => void {
    const kept = this.#database
    this.#database = openSqliteDatabase(':memory:')
    return () => (this.#database = kept)
  }

  #directly(): NodeConnections {
    return { to: ({ node }) => this.nodes.find((each) => each.node === node)!, close() {} }
  }

  /** Sets the wall clock of everyone. */
  jump(ms: number): void {
    this.#jumpedMs += ms
  }

  /** As HTTP would carry it, from this address. */
  transport(source = '10.0.0.1'): ControlTransport {
    return {
      send: (request) => this.coordinator.handle({ ...request, source }),
      close() {},
    }
  }

  client(
    options: { readonly session?: ControlSession; readonly source?: string } = {},
  ): ControlClient {
    const { clock, primitives, random } = this
    const transport = this.transport(options.source)
    const { session } = options
    return createControlClient({ transport, clock, primitives, random, session })
  }

  /** Each node that is not away says that it is there. */
  async heartbeats(): Promise<void> {
    for (const node of this.nodes) if (!node.away) await this.heartbeat(node)
  }

  async heartbeat(node: MemoryNode): Promise<void> {
    const { clock, primitives, random } = this
    const client = createControlClient({
      transport: this.transport(),
      clock,
      primitives,
      random,
      node: { node: node.node, seed: node.seed, coordinatorKey: this.coordinator.publicKey },
    })
    const { mark } = await client.call('heartbeat', {
      node: node.node,
      storeId: node.storeId.toHex(),
      lastRecord: node.lastRecord,
      store: node.storeState,
      usedBytes: 1,
      freeBytes: 1,
      shards: node.records.size,
      pid: 7,
      term: 1,
      ...(node.mark !== undefined && { mark: node.mark }),
    })
    node.mark = mark
  }

  /** Steps healer and collector until both have nothing to do; nodes that are not away stay up. */
  async settle(stepsMax = 500): Promise<void> {
    const { collector, healer } = this.coordinator
    for (let steps = 0; steps < stepsMax; steps += 1) {
      const worked = (await healer.step()) || (await collector.step())
      if (!worked) return
    }
    throw new Error(`The background work did not settle in ${stepsMax} steps`)
  }

  /** Lets time pass with heartbeats. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      await this.scheduler.advance(Math.min(left, 1000))
      await this.run(this.heartbeats())
    }
  }
}

function nodeConfig(node: MemoryNode, number: number): NodeConfig {
  return {
    node: node.node,
    name: `n${number + 1}`,
    address: `10.0.1.${number + 1}:1`,
    zone: `z${number + 1}`,
    publicKey: node.publicKey,
  }
}
