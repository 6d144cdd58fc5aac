/** `holdfast node`: one storage node. */
import { systemClock } from '../../src/base/adapters/system-clock.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Logger } from '../../src/base/logger.ts'
import { openNodeDisk } from '../../src/blocks/adapters/node-disk.ts'
import { openSegmentStore } from '../../src/blocks/segment-store.ts'
import type { ShardStore } from '../../src/blocks/shard-store.ts'
import { readOrMakeSecret } from '../../src/cli/adapters/secret-file.ts'
import type { Run } from '../../src/cli/main.ts'
import { missingSetting } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/schema.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { nodeId } from '../../src/core/node-id.ts'
import { startHeartbeat } from '../../src/node/heartbeat.ts'
import { markFile } from '../../src/node/adapters/mark-file.ts'
import { heartbeatCalls, type MarkKeeper } from '../../src/node/heartbeat-calls.ts'
import type { NodeServer } from '../../src/node/node-server.ts'
import { startStoreCare } from '../../src/node/store-care.ts'
import { createNodeServer } from '../../src/node/node-server.ts'
import { createHttpTransport } from '../../src/wire/adapters/http-client.ts'
import { createControlClient } from '../../src/wire/control-client.ts'
import { needsTls, shardNetwork } from '../links.ts'
import type { Surroundings } from '../settings.ts'
import { openFolder, roleCommand, type Service } from './role.ts'

export const node: Run = roleCommand({
  name: 'node',
  identityKey({ settings, home }) {
    const { path } = openFolder(folderOf(settings, home), settings.grid)
    const seed = readOrMakeSecret(`${path}/identity`, systemRandom)
    return createNativePrimitives().signingPublicKey(seed)
  },
  start: startNode,
})

function folderOf({ node: { folder, name } }: Settings, home: Surroundings['home']): string {
  return folder ?? `${home.nodes}/${name}`
}

async function startNode({ settings, home, configFile }: Surroundings): Promise<Service> {
  const coordinatorKey = fromHex(settings.node.coordinatorIdentity ?? '')
  if (coordinatorKey === undefined || coordinatorKey.length === 0) {
    const why = 'a node obeys one coordinator, known by its key'
    throw missingSetting('node.coordinatorIdentity', {
      ...(configFile && { file: configFile }),
      why,
    })
  }
  const { path, logger } = openFolder(folderOf(settings, home), settings.grid)
  const identitySeed = readOrMakeSecret(`${path}/identity`, systemRandom)
  const primitives = createNativePrimitives()
  const disk = await openNodeDisk(`${path}/store`)
  const parts = { clock: systemClock, random: systemRandom, primitives, logger }
  const store = await openSegmentStore({ ...parts, disk, diskReserveBytes: settings.node.reserve })
  const server = createNodeServer({
    ...parts,
    store,
    network: shardNetwork(settings.grid, identitySeed),
    identitySeed,
    coordinatorKey,
  })
  const listener = await server.listen(settings.node.listen)
  const heartbeat = beginHeartbeat(settings, {
    store,
    server,
    identitySeed,
    coordinatorKey,
    logger,
    marks: markFile(`${path}/mark`, logger),
  })
  const care = startStoreCare({ ...parts, store })
  logger.info('node serves', { address: listener.address, pid: process.pid })
  return {
    address: listener.address,
    async close() {
      await heartbeat.stop()
      await server.close()
      await care.stop()
      await store.close()
      logger.info('node stopped')
    },
  }
}

interface HeartbeatParts {
  readonly store: ShardStore
  readonly server: NodeServer
  readonly identitySeed: Uint8Array
  readonly coordinatorKey: Uint8Array
  readonly logger: Logger
  readonly marks: MarkKeeper
}

function beginHeartbeat(settings: Settings, parts: HeartbeatParts): { stop(): Promise<void> } {
  const { store, server, identitySeed, coordinatorKey, logger, marks } = parts
  const primitives = createNativePrimitives()
  const ownId = toHex(nodeId(primitives, primitives.signingPublicKey(identitySeed)))
  const address = settings.node.coordinator
  const secure = needsTls(address, settings.grid)
  const transport = createHttpTransport({ address, ...(secure && { identity: coordinatorKey }) })
  const control = createControlClient({
    transport,
    clock: systemClock,
    random: systemRandom,
    primitives,
    node: { node: ownId, seed: identitySeed, coordinatorKey },
  })
  const heartbeat = startHeartbeat({
    ...heartbeatCalls(control, { node: ownId, store, pid: process.pid, marks }),
    learn: (answer) => server.learn(answer),
    clock: systemClock,
    logger,
    periodMs: settings.grid.heartbeat,
  })
  return {
    async stop() {
      await heartbeat.stop()
      transport.close()
    },
  }
}
