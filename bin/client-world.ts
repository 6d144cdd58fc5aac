/** Chooses what the client stands on in this program, and makes commands of its functions. */
import { availableParallelism } from 'node:os'
import { openLogFile } from '../src/base/adapters/log-file.ts'
import { systemClock } from '../src/base/adapters/system-clock.ts'
import { systemRandom } from '../src/base/adapters/system-random.ts'
import { fromHex } from '../src/base/bytes.ts'
import { hasCode, HoldfastError } from '../src/base/errors.ts'
import { makeFolder } from '../src/cli/adapters/home-folder.ts'
import type { Run } from '../src/cli/main.ts'
import { withFreshIndex } from '../src/cli/run/fresh-index.ts'
import type { ClientRun, CommandWorld, WorldRun } from '../src/cli/run/command-world.ts'
import { homeIndexes } from '../src/client/adapters/home-indexes.ts'
import { homeSessions } from '../src/client/adapters/home-sessions.ts'
import { nodeFiles } from '../src/client/adapters/node-files.ts'
import { startThreadsAhead } from '../src/client/adapters/engine-worker.ts'
import { createThreadsEngine } from '../src/client/adapters/threads-engine.ts'
import { Client } from '../src/client/client.ts'
import { createNativePrimitives } from '../src/core/adapters/native-primitives.ts'
import { createHttpTransport } from '../src/wire/adapters/http-client.ts'
import { needsTls, shardNetwork } from './links.ts'
import type { Surroundings } from './settings.ts'
import { openSurroundings } from './settings.ts'

const defaultCoordinator = '127.0.0.1:10000'
/** More threads than this only wait for the nodes. */
const threadsMax = 4

/** A command for the account that is logged in. */
export function clientCommand(run: ClientRun): Run {
  return withFreshIndex(async (context) => {
    const surroundings = openSurroundings(context)
    const { parts } = commandWorld(surroundings)
    const { as } = context.invocation.global
    const client = opened(surroundings, () =>
      Client.open(parts, { name: as, signal: context.signal }),
    )
    try {
      return await run(context, client)
    } finally {
      await client.close()
    }
  })
}

/** Who is logged in nowhere may have nothing to log in to. */
function opened({ settings, home }: Surroundings, open: () => Client): Client {
  try {
    return open()
  } catch (error) {
    if (!hasCode(error, 'NOT_LOGGED_IN') || settings.client.coordinator !== undefined) throw error
    throw new HoldfastError('NOT_LOGGED_IN', error.message, {
      cause: error,
      hint: `No grid was started in ${home.root} yet: run holdfast up, or name a coordinator and holdfast login NAME`,
    })
  }
}

/** A command that needs nobody logged in. */
export function worldCommand(run: WorldRun): Run {
  return (context) => run(context, commandWorld(openSurroundings(context)))
}

export function commandWorld({ settings, home }: Surroundings): CommandWorld {
  const { grid, client } = settings
  makeFolder(home.client)
  const coordinatorKey = client.coordinatorIdentity
    ? fromHex(client.coordinatorIdentity)
    : undefined
  const primitives = createNativePrimitives()
  const network = shardNetwork(grid)
  const threads = Math.min(threadsMax, availableParallelism())
  return {
    address: client.coordinator ?? defaultCoordinator,
    coordinatorKey,
    parts: {
      clock: systemClock,
      random: systemRandom,
      primitives,
      opaque: async () =>
        (await import('../src/client/adapters/opaque-client.ts')).createOpaqueClient(),
      keyWrap: async () =>
        (await import('../src/core/adapters/hpke-key-wrap.ts')).createHpkeKeyWrap(),
      transport: (address) => createHttpTransport(transportOptions(address)),
      sessions: homeSessions(home.client),
      indexes: homeIndexes(home.client),
      logger: openLogFile({
        path: `${home.client}/log`,
        level: grid.logLevel,
        bytesMax: grid.logBytes,
        clock: systemClock,
      }),
      network,
      files: nodeFiles,
      prepareEngine: () => startThreadsAhead(threads),
      engine: (slotBytes) =>
        createThreadsEngine({
          threads,
          slotBytes,
          primitives,
          random: systemRandom,
        }),
    },
  }

  function transportOptions(address: string) {
    if (!needsTls(address, grid)) return { address }
    if (coordinatorKey) return { address, identity: coordinatorKey }
    throw new HoldfastError('BAD_CONFIG', `The coordinator at ${address} has no pinned identity`, {
      hint: 'Set client.coordinatorIdentity to what holdfast coordinator --identity prints there',
    })
  }
}
