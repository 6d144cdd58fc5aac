/** A storage node of a file grid: the real server over a store in memory, with faults that tests plan. */
import { toHex } from '../../base/bytes.ts'
import { silentLogger } from '../../base/logger.ts'
import { openMemoryStore } from '../node/memory-store.ts'
import type { ShardStore } from '../../blocks/shard-store.ts'
import type { NodeConfig } from '../../catalogue/rows/nodes.ts'
import { nodeId } from '../../core/node-id.ts'
import { startHeartbeat } from '../../node/heartbeat.ts'
import { createNodeServer } from '../../node/node-server.ts'
import { createControlClient } from '../../wire/control-client.ts'
import { Machine } from '../simulation/grid/machine.ts'
import type { MachineOptions } from '../simulation/grid/machine.ts'
import { SimulatedControlTransport } from '../simulation/simulated-control.ts'
import { FaultyStore } from './faulty-store.ts'

export interface TestNodeOptions extends MachineOptions {
  readonly coordinatorKey: Uint8Array
  readonly bytesMax?: number | undefined
  /** Its name unless told. */
  readonly zone?: string | undefined
}

const port = 10_001

export class TestNode extends Machine {
  readonly node: string
  readonly config: NodeConfig
  readonly #options: TestNodeOptions
  readonly #seed: Uint8Array
  #kept: ShardStore
  #mark: string | undefined
  store: FaultyStore

  constructor(options: TestNodeOptions) {
    super(options)
    const { primitives } = options.parts
    this.#options = options
    this.#seed = options.random.bytes(32)
    const publicKey = primitives.signingPublicKey(this.#seed)
    this.node = toHex(nodeId(primitives, publicKey))
    const { name } = this
    const { zone = name } = options
    this.config = { node: this.node, name, address: `${name}:${port}`, zone, publicKey }
    this.#kept = this.#newStore()
    this.store = new FaultyStore(this.#kept)
  }

  /** Serves what it kept, without the faults of before. */
  async start(): Promise<void> {
    const { clock, random, network } = this.begin()
    const { primitives } = this.parts
    this.store = new FaultyStore(this.#kept)
    const server = createNodeServer({
      store: this.store,
      network,
      clock,
      random,
      primitives,
      logger: silentLogger,
      identitySeed: this.#seed,
      coordinatorKey: this.#options.coordinatorKey,
    })
    await server.listen(this.config.address)
    const { coordinatorKey } = this.#options
    const control = createControlClient({
      transport: new SimulatedControlTransport({ network, address: 'coordinator:10000', clock }),
      clock,
      random,
      primitives,
      node: { node: this.node, seed: this.#seed, coordinatorKey },
    })
    startHeartbeat({
      send: async (request) => {
        const answer = await control.call('heartbeat', request, { triesMax: 1 })
        this.#mark = answer.mark
        return answer
      },
      report: () => Promise.resolve(this.#report()),
      learn: (answer) => server.learn(answer),
      clock,
      logger: silentLogger,
    })
  }

  /** `silent`: the other ends are not told. */
  stop(options: { readonly silent: boolean } = { silent: false }): void {
    this.end(options)
  }

  /** Its disk is replaced by an empty one. */
  loseDisk(): void {
    this.#kept = this.#newStore()
  }

  #newStore(): ShardStore {
    const { scheduler } = this.parts
    const { random, bytesMax } = this.#options
    return openMemoryStore({
      clock: scheduler.clock(),
      random,
      ...(bytesMax !== undefined && { bytesMax }),
    })
  }

  #report() {
    const { shards, usedBytes, freeBytes } = this.store.usage()
    return {
      node: this.node,
      storeId: toHex(this.store.storeId),
      lastRecord: this.store.lastRecord,
      store: this.store.state.kind,
      usedBytes,
      freeBytes,
      shards,
      pid: 1,
      term: this.store.term,
      ...(this.#mark !== undefined && { mark: this.#mark }),
    }
  }
}
