/** `holdfast node`: one storage node. */
import { systemClock } from '../../src/base/adapters/system-clock.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { limits } from '../../src/base/limits.ts'
import type { Logger } from '../../src/base/logger.ts'
import { openNodeDisk } from '../../src/blocks/adapters/node-disk.ts'
import { openSegmentStore } from '../../src/blocks/segment-store.ts'
import type { ShardStore } from '../../src/blocks/shard-store.ts'
import { readOrMakeSecret } from '../../src/cli/adapters/secret-file.ts'
import type { Run } from '../../src/cli/main.ts'
import { hasOption } from '../../src/cli/main.ts'
import { missingSetting } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/schema.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { nodeId } from '../../src/core/node-id.ts'
import { startHeartbeat } from '../../src/node/heartbeat.ts'
import type { NodeServer } from '../../src/node/node-server.ts'
import { startStoreCare } from '../../src/node/store-care.ts'
import { createNodeServer } from '../../src/node/node-server.ts'
import { createHttpTransport } from '../../src/wire/adapters/http-client.ts'
import { tcpNetwork } from '../../src/wire/adapters/tcp-network.ts'
import type { ControlRequest } from '../../src/wire/control.ts'
import { createControlClient } from '../../src/wire/control-client.ts'
import type { Surroundings } from '../settings.ts'
import { openSurroundings } from '../settings.ts'
import { showIdentity } from './identity.ts'
import type { Service } from './role.ts'
import { needsTls, openFolder, serve } from './role.ts'

export const node: Run = (context) => {
  const surroundings = openSurroundings(context)
  if (!hasOption(context.invocation, 'identity')) {
    return serve(context, { role: 'node', start: () => startNode(surroundings) })
  }
  const { settings, home } = surroundings
  const { path } = openFolder(folderOf(settings, home), settings.grid)
  const seed = readOrMakeSecret(`${path}/identity`, systemRandom)
  return Promise.resolve(showIdentity('node', createNativePrimitives().signingPublicKey(seed)))
}

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
  const tls = settings.grid.tls === 'always' ? 'always' : 'off-loopback'
  const server = createNodeServer({
    ...parts,
    store,
    network: tcpNetwork({ tls, identitySeed }),
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
}

function beginHeartbeat(settings: Settings, parts: HeartbeatParts): { stop(): Promise<void> } {
  const { store, server, identitySeed, coordinatorKey, logger } = parts
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
    send: (request) =>
      control.call('heartbeat', request, { triesMax: 1, timeoutMs: limits.connectMs }),
    report: () => Promise.resolve(reportOf(store, ownId)),
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

function reportOf(store: ShardStore, ownId: string): ControlRequest<'heartbeat'> {
  const { shards, usedBytes, freeBytes } = store.usage()
  return {
    node: ownId,
    storeId: toHex(store.storeId),
    lastRecord: store.lastRecord,
    store: store.state.kind,
    usedBytes,
    freeBytes,
    shards,
    pid: process.pid,
    term: store.term,
  }
}
