/** A storage node of a simulated grid, wired as bin/roles/node.ts does it, on a simulated disk. */
import { toHex } from '../../../base/bytes.ts'
import { openSegmentStore } from '../../../blocks/segment-store.ts'
import type { ShardStore } from '../../../blocks/shard-store.ts'
import type { NodeConfig } from '../../../catalogue/rows/nodes.ts'
import { nodeId } from '../../../core/node-id.ts'
import { startHeartbeat } from '../../../node/heartbeat.ts'
import { heartbeatCalls, type MarkKeeper } from '../../../node/heartbeat-calls.ts'
import { createNodeServer } from '../../../node/node-server.ts'
import type { NodeServer } from '../../../node/node-server.ts'
import { startStoreCare } from '../../../node/store-care.ts'
import { createControlClient } from '../../../wire/control-client.ts'
import { SimulatedControlTransport } from '../simulated-control.ts'
import { SimulatedDisk } from '../simulated-disk.ts'
import { lyingStore } from './lying-store.ts'
import type { Lie } from './lying-store.ts'
import { Machine } from './machine.ts'
import type { MachineOptions } from './machine.ts'
import type { Plants } from './plants.ts'
import type { SimulatedProcess } from './process.ts'

export interface NodeHostOptions extends MachineOptions {
  readonly zone: string
  readonly coordinatorKey: Uint8Array
  readonly coordinatorAddress: string
  readonly plants?: Plants
}

const port = 10_001
/** Longer than in programs: most of a quiet world's work is heartbeats. */
export const heartbeatMs = 2_000
/** The smaller one lets writes meet a disk that is really full. */
const diskReservesBytes = [1024 * 1024, 8 * 1024]

export class NodeHost extends Machine {
  readonly disk: SimulatedDisk
  readonly node: string
  readonly config: NodeConfig
  readonly #options: NodeHostOptions
  /** As its file keeps it, over its processes. */
  #mark: string | undefined
  readonly #identitySeed: Uint8Array
  readonly #diskReserveBytes: number
  lie: Lie = 'none'
  /** The store was opened while its disk could not be read everywhere: it serves what it could read then. */
  #openedBlind = false
  /** A store that was opened on a bad disk may serve reads only until it is opened on a good one. */
  #openedIll = false
  /** While a process serves. */
  store: ShardStore | undefined

  constructor(options: NodeHostOptions) {
    super(options)
    const { primitives, scheduler, count } = options.parts
    const { name, zone, random } = options
    this.#options = options
    this.#identitySeed = random.bytes(32)
    const publicKey = primitives.signingPublicKey(this.#identitySeed)
    this.node = toHex(nodeId(primitives, publicKey))
    this.config = { node: this.node, name, address: `${name}:${port}`, zone, publicKey }
    const direct = random.chance(0.5)
    this.#diskReserveBytes = random.pick(diskReservesBytes)
    this.disk = new SimulatedDisk({ scheduler, random: random.fork(), direct, count })
  }

  /** Whether shards may be missing from its listing though they are on its disk. */
  get mayMiss(): boolean {
    return this.#openedBlind || this.disk.trouble.readFails > 0
  }

  /** It has to be started again, now that its disk is well. */
  get needsStart(): boolean {
    return this.#openedIll && this.disk.isWell && this.store?.state.kind !== 'serving'
  }

  /** Begins to serve. Throws what keeps the store from opening: then the process has ended. */
  async start(): Promise<void> {
    const process = this.begin()
    this.#openedBlind = this.disk.trouble.readFails > 0
    this.#openedIll = !this.disk.isWell
    this.disk.beforeOperation = (operation) => {
      process.step(operation === 'read' ? 'disk-read' : 'disk-change')
    }
    try {
      const store = await this.#open(process)
      const server = await this.#serve(process, store)
      startStoreCare({ store, clock: process.clock, logger: this.logger })
      this.#beat(process, { store, server })
      this.store = store
      this.note('serves')
      this.parts.count('started: nodes')
    } catch (error) {
      this.parts.count('could not start: nodes')
      this.crash({ power: false, silent: false })
      throw error
    }
  }

  /** `power`: what was not synced is lost, torn or kept. `silent`: the other ends are not told. */
  crash({ power, silent }: { readonly power: boolean; readonly silent: boolean }): void {
    this.disk.beforeOperation = undefined
    this.end({ silent })
    this.store = undefined
    if (power) this.disk.crash()
    else this.disk.kill()
  }

  async #open(process: SimulatedProcess): Promise<ShardStore> {
    const { primitives } = this.parts
    const { plants } = this.#options
    const store = await openSegmentStore({
      disk: this.disk.process(),
      clock: process.clock,
      random: process.random,
      primitives,
      logger: this.logger,
      segmentBytes: 4 * 1024 * 1024,
      diskReserveBytes: this.#diskReserveBytes,
      checkpointRecords: 40,
      ...(plants?.storeFaults && { faults: plants.storeFaults }),
    })
    const { count } = this.parts
    return lyingStore(plants?.wrapStore?.(store) ?? store, { lie: () => this.lie, count })
  }

  async #serve(process: SimulatedProcess, store: ShardStore): Promise<NodeServer> {
    const server = createNodeServer({
      store,
      network: process.network,
      clock: process.clock,
      random: process.random,
      primitives: this.parts.primitives,
      logger: this.logger,
      identitySeed: this.#identitySeed,
      coordinatorKey: this.#options.coordinatorKey,
    })
    await server.listen(this.config.address)
    return server
  }

  #marks(): MarkKeeper {
    const kept = (): string | undefined => this.#mark
    return {
      get mark() {
        return kept()
      },
      keep: (mark) => {
        this.#mark = mark
      },
    }
  }

  #beat(
    process: SimulatedProcess,
    { store, server }: { readonly store: ShardStore; readonly server: NodeServer },
  ): void {
    const { clock, network, random } = process
    const { coordinatorAddress: address, coordinatorKey } = this.#options
    const control = createControlClient({
      transport: new SimulatedControlTransport({ network, address, clock }),
      clock,
      random,
      primitives: this.parts.primitives,
      node: { node: this.node, seed: this.#identitySeed, coordinatorKey },
    })
    startHeartbeat({
      ...heartbeatCalls(control, { node: this.node, store, pid: 1, marks: this.#marks() }),
      learn: (answer) => server.learn(answer),
      clock,
      logger: this.logger,
      periodMs: heartbeatMs,
    })
  }
}
