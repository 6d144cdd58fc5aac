import type { Clock } from '../base/clock.ts'
import type { Limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Listener, Network } from '../base/network.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'

export interface NodeServerOptions {
  readonly store: unknown
  readonly network: Network
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger: Logger
  /** Ed25519 seed, 32 bytes. */
  readonly identitySeed: Uint8Array
  /** 32 bytes: the coordinator this node obeys and whose tickets it takes. */
  readonly coordinatorKey: Uint8Array
  /** 16 bytes. */
  readonly gridId: Uint8Array
  readonly limits?: Partial<Limits>
}

export interface NodeServer {
  /** Begins to serve at `host:port`. */
  listen(address: string): Promise<Listener>
  /** What a heartbeat or a coordinator said; a higher term is kept durably when it resolves. TERM_OLD. */
  learn(from: { readonly timeMs: number; readonly term: number }): Promise<void>
  /** Ends all connections and waits for requests under way. The store stays open. */
  close(): Promise<void>
}

export function createNodeServer(options: NodeServerOptions): NodeServer {
  throw new Error('to be made', { cause: options })
}
