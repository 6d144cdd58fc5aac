/** The coordinator: control requests to catalogue transactions, and the work in the background. */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { Catalogue, NodeConfig } from '../catalogue/catalogue.ts'
import type { OpaqueServer } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'
import type { ControlHandler } from '../wire/transport.ts'
import type { Opener, ShardNode } from '../wire/shard-client.ts'
import type { ShardRequests } from '../wire/shard-requests.ts'

export interface CoordinatorConfig {
  /** All nodes of the grid. */
  readonly nodes: readonly NodeConfig[]
  readonly signup: Signup
  /** Shorter periods and graces for tests. */
  readonly limits?: Partial<Limits>
}

/** `listed`: only these names may sign up. */
export type Signup =
  | { readonly kind: 'open'; readonly quotaBytes?: number }
  | { readonly kind: 'listed'; readonly users: readonly ListedUser[] }

export interface ListedUser {
  readonly name: string
  readonly quotaBytes?: number
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

export interface NodeConnections {
  to(node: ShardNode): ShardRequests
  close(): void
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

/** Work in the background: idempotent, resumable, one unit at a time. */
export interface BackgroundService {
  /** Does one unit. False when there was nothing to do. */
  step(signal?: AbortSignal): Promise<boolean>
}

/** Makes the configured nodes known and begins to serve. */
export function createCoordinator(_options: CoordinatorOptions): Promise<Coordinator> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}
