/**
 * A coordinator in this process with a catalogue in memory, four nodes that are keys only, and clients of it:
 * for tests of everything a client does through the control protocol. No shard goes anywhere.
 */
import { toHex, utf8 } from '../../base/bytes.ts'
import { systemClock } from '../../base/adapters/system-clock.ts'
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { silentLogger } from '../../base/logger.ts'
import {
  openInlineCatalogue,
  openSqliteDatabase,
  type InlineCatalogue,
} from '../../catalogue/adapters/open-inline.ts'
import { memoryIndexes } from '../../client/adapters/home-indexes.ts'
import { logIn, signUp } from '../../client/accounts.ts'
import { createCommitter, type Committer } from '../../client/commit/committer.ts'
import type { Credentials } from '../../client/credentials.ts'
import { openFeed } from '../../client/index/vault-feed.ts'
import { memorySessions } from './memory-sessions.ts'
import { openSession, type ClientWorld, type Session } from '../../client/session.ts'
import { openVault } from '../../client/vaults.ts'
import { createCoordinator, type CoordinatorConfig } from '../../coordinator/coordinator.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { nodeId } from '../../core/node-id.ts'
import type { OpaqueServer } from '../../core/opaque.ts'
import type { ControlHandler, ControlTransport } from '../../wire/transport.ts'
import { createFakeKeyWrap } from '../fake-key-wrap.ts'
import { fakeOpaqueClient, fakeOpaqueServer } from '../fake-opaque.ts'
import { SeededRandom } from '../simulation/seeded-random.ts'

export const primitives = createNativePrimitives()
const address = 'coordinator:10000'

export interface TestNode {
  readonly id: string
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
}

export interface ClientGrid {
  readonly handle: ControlHandler
  readonly catalogue: InlineCatalogue
  readonly nodes: readonly TestNode[]
  readonly random: SeededRandom
  /** A machine with clients: its own sessions and indexes. */
  machine(through?: (transport: ControlTransport) => ControlTransport): ClientWorld
  credentials(name: string, password?: string): Credentials
  /** Makes the account unless it is there, logs in, opens `home` and follows it. */
  client(name: string, world?: ClientWorld): Promise<TestClient>
}

export interface TestClient {
  readonly world: ClientWorld
  readonly session: Session
  readonly committer: Committer
}

export interface ClientGridOptions {
  readonly seed?: number
  readonly clock?: Clock
  readonly config?: Partial<CoordinatorConfig>
  /** The fake one unless told. */
  readonly opaque?: OpaqueServer
}

export async function clientGrid(options: ClientGridOptions = {}): Promise<ClientGrid> {
  const { clock = systemClock, seed = 1 } = options
  const random = new SeededRandom(seed)
  const nodes = testNodes(random)
  const gridSecret = random.bytes(32)
  const catalogue = await openInlineCatalogue({
    database: openSqliteDatabase(':memory:'),
    clock,
    random,
    primitives,
  })
  const { opaqueSeed } = gridKeys(primitives, gridSecret)
  const opaque = options.opaque ?? fakeOpaqueServer({ primitives, random }, opaqueSeed)
  const coordinator = await createCoordinator({
    catalogue,
    clock,
    random,
    primitives,
    opaque,
    gridSecret,
    config: {
      nodes: nodes.map(({ id, publicKey }, at) => ({
        node: id,
        publicKey,
        name: `n${at + 1}`,
        address: `n${at + 1}:10001`,
        zone: `n${at + 1}`,
      })),
      signup: { kind: 'open' },
      ...options.config,
    },
    connect: () => ({ to: () => unreachableNode(), close() {} }),
    logger: silentLogger,
    program: 'test',
    pid: 1,
  })
  return gridOf({ handle: coordinator.handle, catalogue, nodes, random, clock })
}

function gridOf(
  parts: Omit<ClientGrid, 'machine' | 'credentials' | 'client'> & { readonly clock: Clock },
): ClientGrid {
  const { random, clock, handle } = parts
  const machine: ClientGrid['machine'] = (through = (transport) => transport) => ({
    clock,
    random,
    primitives,
    opaque: () => Promise.resolve(fakeOpaqueClient({ primitives, random })),
    keyWrap: () => Promise.resolve(createFakeKeyWrap(primitives, random)),
    transport: () => through(directTransport(handle)),
    sessions: memorySessions(),
    indexes: memoryIndexes(),
    logger: silentLogger,
  })
  return {
    ...parts,
    machine,
    credentials: credentialsOf,
    async client(name, world = machine()) {
      if (!(await parts.catalogue.accountByName(name))) await signUp(world, credentialsOf(name))
      await logIn(world, credentialsOf(name))
      const session = openSession(world, name)
      const feed = openFeed(session, await openVault(session, { name: 'home' }))
      await feed.catchUp()
      return { world, session, committer: createCommitter(session, feed) }
    },
  }
}

function credentialsOf(name: string, password = `${name}'s secret`): Credentials {
  return { address, name, password: utf8(password) }
}

/** Straight into the handler; the source is always the same machine. */
export function directTransport(handle: ControlHandler): ControlTransport {
  return {
    async send(request, { signal }) {
      signal?.throwIfAborted()
      return handle({ ...request, source: '10.0.0.1' })
    },
    close() {},
  }
}

function testNodes(random: SeededRandom): TestNode[] {
  return Array.from({ length: 4 }, () => {
    const seed = random.bytes(32)
    const publicKey = primitives.signingPublicKey(seed)
    return { seed, publicKey, id: toHex(nodeId(primitives, publicKey)) }
  })
}

function unreachableNode(): never {
  throw new HoldfastError('NODE_UNREACHABLE', 'Nodes of this grid are keys only')
}
