/** The coordinator: control requests to catalogue transactions, and the work in the background. */
import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { limits as defaultLimits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { NodeConfig } from '../catalogue/rows/nodes.ts'
import { gridIdOf, gridKeys } from '../core/grid-keys.ts'
import type { OpaqueServer } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'
import type { Opener } from '../wire/shard-client.ts'
import type { ControlHandler } from '../wire/transport.ts'
import { normalName } from './accounts/account-name.ts'
import { PendingLogins } from './accounts/pending-logins.ts'
import type { BackgroundService } from './background-loop.ts'
import { Background } from './background.ts'
import { Cluster } from './cluster/cluster.ts'
import type {
  CoordinatorContext,
  LimitValues,
  ListedUser,
  Signup,
  UnknownShards,
} from './context.ts'
import { createHandler } from './handler.ts'
import { Suspects } from './heal/suspects.ts'
import { GridTime } from './grid-time.ts'
import { Notices } from './notices.ts'
import type { NodeConnections } from './nodes-world.ts'
import { rememberVerified } from './remembered-verify.ts'

export type { ListedUser, Signup, UnknownShards } from './context.ts'

export interface CoordinatorConfig {
  /** All nodes of the grid. */
  readonly nodes: readonly NodeConfig[]
  readonly signup: Signup
  /** What accounts that exist may use from now on; those that are not named keep what they have. */
  readonly quotas?: readonly ListedUser[] | undefined
  /** Id of a quarantine that ends now. */
  readonly endQuarantine?: string | undefined
  /** What becomes of them when they are more than half of a node's shards; `keep` unless stated. */
  readonly unknownShards?: UnknownShards | undefined
  /** Shorter periods and graces for tests. */
  readonly limits?: Partial<LimitValues> | undefined
}

export interface CoordinatorOptions {
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly opaque: OpaqueServer
  /** 32 bytes (docs/format.md, section 2). */
  readonly gridSecret: Uint8Array
  readonly config: CoordinatorConfig
  /** Connections to nodes that prove themselves as `opener`: a `ShardConnections`. */
  readonly connect: (opener: Opener) => NodeConnections
  readonly logger: Logger
  readonly program: string
  readonly pid: number
}

export interface Coordinator {
  readonly handle: ControlHandler
  /** Ed25519: what nodes are configured with. */
  readonly publicKey: Uint8Array
  /** Begins healing and collecting; the returned services can also be stepped without it. */
  start(): void
  readonly healer: BackgroundService
  readonly collector: BackgroundService
  /** Stops the background work, waits for what is under way; leaves the catalogue open. */
  close(): Promise<void>
}

/** Makes the configured nodes known and begins to serve. */
export async function createCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { catalogue, clock, config } = options
  const limits: LimitValues = { ...defaultLimits, ...config.limits }
  const primitives = rememberVerified(options.primitives, limits.rememberedSignaturesMax)
  const keys = gridKeys(primitives, options.gridSecret)
  await catalogue.configureNodes(config.nodes)
  const quotas = config.quotas ?? []
  await catalogue.setQuotas(quotas.map((user) => ({ ...user, name: normalName(user.name) })))
  if (config.endQuarantine !== undefined) {
    const nodes = await catalogue.endQuarantine(config.endQuarantine)
    if (nodes.length > 0) options.logger.warn('a quarantine ended as told', { nodes })
  }
  const gridId = toHex(gridIdOf(primitives, keys.identityKey))
  const grid = { ...(await catalogue.grid()), gridId }
  const { random } = options
  const cluster = new Cluster({ catalogue, clock, random, nodeDownMs: limits.nodeDownMs })
  await cluster.load()
  const context: CoordinatorContext = {
    ...options,
    primitives,
    keys,
    grid,
    limits,
    cluster,
    signup: config.signup,
    unknownShards: config.unknownShards ?? 'keep',
    logins: new PendingLogins(clock, limits),
    suspects: new Suspects(limits.suspectsWaitingMax),
    notices: new Notices(),
    time: new GridTime(clock),
  }
  const opener = { role: 'coordinator', seed: keys.identitySeed, term: grid.term } as const
  const background = new Background(context, options.connect(opener))
  return {
    handle: createHandler(context),
    publicKey: keys.identityKey,
    healer: background.healer,
    collector: background.collector,
    start: () => background.start(),
    close: () => background.close(),
  }
}
