/** Healing and collecting through the nodes' own server and protocol, over the simulated network. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger as logger } from '../base/logger.ts'
import { openMemoryStore } from '../testing/node/memory-store.ts'
import type { ShardStore } from '../blocks/shard-store.ts'
import { gridKeys } from '../core/grid-keys.ts'
import { createNodeServer, type NodeServer } from '../node/node-server.ts'
import { CoordinatorWorld } from '../testing/coordinator/coordinator-world.ts'
import type { MemoryNode } from '../testing/coordinator/memory-node.ts'
import { TestAccount } from '../testing/coordinator/test-account.ts'
import { putFile, writePack } from '../testing/coordinator/test-writer.ts'
import { simulatedNetwork } from '../testing/simulation/simulated-network.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { ShardConnections } from '../wire/shard-connections.ts'

class ServedNodes {
  readonly world: CoordinatorWorld
  readonly #network: ReturnType<typeof simulatedNetwork>
  readonly #served = new Map<
    MemoryNode,
    { readonly store: ShardStore; readonly server: NodeServer }
  >()
  /** What writes on behalf of clients. */
  #writer: ShardConnections | undefined

  constructor(world: CoordinatorWorld) {
    this.world = world
    const { scheduler } = world
    this.#network = simulatedNetwork({ scheduler, random: new SeededRandom(2) })
  }

  static async start(): Promise<ServedNodes> {
    const served: { nodes?: ServedNodes } = {}
    const world = await CoordinatorWorld.start({
      connect: (opener) => {
        const connections = () => served.nodes!.connections(opener)
        return { to: (node) => connections().to(node), close: () => connections().close() }
      },
    })
    const nodes = new ServedNodes(world)
    served.nodes = nodes
    for (const node of world.nodes) await nodes.serve(node)
    return nodes
  }

  connections(
    opener: ConstructorParameters<typeof ShardConnections>[1]['opener'],
  ): ShardConnections {
    const { clock, primitives, random } = this.world
    const network = this.#network.host('coordinator')
    this.#writer ??= new ShardConnections({ clock, primitives, random, network }, { opener })
    return this.#writer
  }

  /** Serves this node with an empty store, in place of the one before. */
  async serve(node: MemoryNode): Promise<void> {
    const { clock, primitives, random, gridSecret } = this.world
    const at = this.world.nodes.indexOf(node) + 1
    await this.#served.get(node)?.server.close()
    const store = openMemoryStore({ clock, random })
    const keys = gridKeys(primitives, gridSecret)
    const server = createNodeServer({
      store,
      network: this.#network.host(`10.0.1.${at}`),
      clock,
      random,
      primitives,
      logger,
      identitySeed: node.seed,
      coordinatorKey: keys.identityKey,
    })
    await this.world.run(server.listen(`10.0.1.${at}:1`))
    this.#served.set(node, { store, server })
    node.storeId = store.storeId
    const opener = { role: 'coordinator', seed: keys.identitySeed, term: 1 } as const
    const to = { node: node.node, address: `10.0.1.${at}:1`, publicKey: node.publicKey }
    node.put = (address, put) => this.connections(opener).to(to).put(address, put)
  }

  /** Time passes, nodes say what they hold, and the background work is done. */
  async later(ms: number): Promise<void> {
    const { scheduler } = this.world
    await scheduler.advance(ms)
    for (const [node, { store }] of this.#served) node.lastRecord = store.lastRecord
    await this.world.run(this.world.heartbeats())
    for (const { server } of this.#served.values()) {
      await this.world.run(server.learn({ timeMs: this.world.clock.nowMs(), term: 1 }))
    }
    await this.world.run(this.world.settle())
  }

  held(): number[] {
    return [...this.#served.values()].map(({ store }) => store.usage().shards)
  }
}

await test('an emptied node is filled again, and what nobody registered is removed', async () => {
  const nodes = await ServedNodes.start()
  const { world } = nodes
  await nodes.later(10)
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  for (let at = 0; at < 3; at += 1) await world.run(putFile(ada))
  await nodes.later(10)
  assert.deepEqual(nodes.held(), [3, 3, 3, 3])
  await nodes.serve(world.nodes[1]!)
  assert.deepEqual(nodes.held(), [3, 0, 3, 3])
  await nodes.later(3000)
  await nodes.later(3000)
  assert.deepEqual(nodes.held(), [3, 3, 3, 3])
  const health = await world.run(ada.client.call('vault/health', { vault: ada.home }))
  assert.deepEqual(health, { complete: 3, degraded: 0, unknown: 0, lost: 0 })
  await world.run(writePack(ada))
  await nodes.later(3000)
  assert.deepEqual(nodes.held(), [4, 4, 4, 4])
  await nodes.later(3_600_000)
  assert.deepEqual(nodes.held(), [3, 3, 3, 3])
})
