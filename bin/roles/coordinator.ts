/** `holdfast coordinator`: catalogue, accounts, placement, healing. */
import { systemClock } from '../../src/base/adapters/system-clock.ts'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Limits } from '../../src/base/limits.ts'
import { openSqliteCatalogue } from '../../src/catalogue/adapters/sqlite-worker.ts'
import type { NodeConfig } from '../../src/catalogue/rows/nodes.ts'
import { lockFolder } from '../../src/cli/adapters/folder-lock.ts'
import type { Run } from '../../src/cli/main.ts'
import type { NodeEntry, Settings } from '../../src/config/schema.ts'
import { createOpaqueServer } from '../../src/coordinator/adapters/opaque-server.ts'
import type { Signup } from '../../src/coordinator/context.ts'
import type { CoordinatorConfig } from '../../src/coordinator/coordinator.ts'
import { createCoordinator } from '../../src/coordinator/coordinator.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { gridKeys } from '../../src/core/grid-keys.ts'
import { nodeId } from '../../src/core/node-id.ts'
import type { Primitives } from '../../src/core/primitives.ts'
import { serveHttp } from '../../src/wire/adapters/http-server.ts'
import { tlsServerOptions } from '../../src/wire/adapters/tls.ts'
import { ShardConnections } from '../../src/wire/shard-connections.ts'
import { needsTls, shardNetwork } from '../links.ts'
import type { Surroundings } from '../settings.ts'
import { catalogueMade, cataloguePath, openGridSecret } from './grid-secret.ts'
import { openFolder, roleCommand, type Service } from './role.ts'

export const coordinator: Run = roleCommand({
  name: 'coordinator',
  identityKey({ settings, home }) {
    const { path } = openFolder(folderOf(settings, home), settings.grid)
    const secret = openGridSecret(path)
    return gridKeys(createNativePrimitives(), secret).identityKey
  },
  start: startCoordinator,
})

function folderOf({ coordinator: { folder } }: Settings, home: Surroundings['home']): string {
  return folder ?? home.coordinator
}

async function startCoordinator(
  { settings, home }: Surroundings,
  program: string,
): Promise<Service> {
  const { grid, coordinator: own } = settings
  const { path, logger } = openFolder(folderOf(settings, home), grid)
  const lock = lockFolder(`${path}/lock`, path)
  const gridSecret = openGridSecret(path)
  const primitives = createNativePrimitives()
  const keys = gridKeys(primitives, gridSecret)
  const lost = Promise.withResolvers<never>()
  const catalogue = await openSqliteCatalogue(cataloguePath(path), {
    onLost(error) {
      logger.error('the catalogue is lost', { reason: error.stack ?? error.message })
      lost.reject(error)
    },
  })
  catalogueMade(path)
  const network = shardNetwork(grid)
  const parts = { clock: systemClock, random: systemRandom, primitives, logger }
  const service = await createCoordinator({
    ...parts,
    catalogue,
    opaque: await createOpaqueServer(primitives, keys.opaqueSeed),
    gridSecret,
    config: configOf(settings, primitives),
    connect: (opener) => new ShardConnections({ ...parts, network }, { opener }),
    program,
    pid: process.pid,
  })
  const server = await serveHttp(service.handle, {
    address: own.listen,
    logger,
    ...(needsTls(own.listen, grid) && { tls: tlsServerOptions(keys.identitySeed) }),
  })
  service.start()
  logger.info('coordinator serves', { address: server.address, pid: process.pid })
  return {
    address: server.address,
    failed: lost.promise,
    async close() {
      await server.close()
      await service.close()
      await catalogue.close()
      lock.release()
      logger.info('coordinator stopped')
    },
  }
}

function configOf({ grid, coordinator: own }: Settings, primitives: Primitives): CoordinatorConfig {
  const timings: Partial<Record<keyof Limits, number>> = {
    heartbeatMs: grid.heartbeat,
    nodeDownMs: own.nodeDown,
    repairGraceMs: own.repairGrace,
    collectGraceMs: own.collectGrace,
    trashMs: own.trash,
    retentionMs: own.retention,
  }
  return {
    nodes: own.nodes.map((entry) => nodeConfig(entry, primitives)),
    signup: signupOf(own),
    quotas: own.users.map(({ name, quota }) => ({ name, quotaBytes: quota })),
    ...(own.endQuarantine !== undefined && { endQuarantine: own.endQuarantine }),
    unknownShards: own.unknownShards,
    limits: timings,
  }
}

function nodeConfig(
  { name, address, zone, identity }: NodeEntry,
  primitives: Primitives,
): NodeConfig {
  const publicKey = fromHex(identity)!
  const node = toHex(nodeId(primitives, publicKey))
  return { node, name, address, zone: zone ?? name, publicKey }
}

function signupOf({ signup, users }: Settings['coordinator']): Signup {
  const listed = signup === 'listed' || (signup === 'auto' && users.length > 0)
  if (!listed) return { kind: 'open' }
  return {
    kind: 'listed',
    users: users.map(({ name, quota }) => ({
      name,
      ...(quota !== undefined && { quotaBytes: quota }),
    })),
  }
}
