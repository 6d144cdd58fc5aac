/** A log-in as a client keeps it, and the conversation that stands on it. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { OpaqueClient } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'
import type { ControlClient } from '../wire/control-client.ts'
import type { ControlTransport } from '../wire/transport.ts'
import type { IndexStore } from './index/vault-index.ts'

/** What a client stands on. OPAQUE and HPKE are loaded only by what needs them. */
export interface ClientWorld {
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly opaque: () => Promise<OpaqueClient>
  readonly transport: (address: string) => ControlTransport
  readonly sessions: SessionStore
  readonly indexes: IndexStore
  readonly logger: Logger
}

/** All of it secret but names, ids and address. Ids are hex. */
export interface StoredSession {
  readonly account: string
  readonly name: string
  readonly session: string
  /** 32 bytes: proves requests. */
  readonly macKey: Uint8Array
  /** Ed25519 seed of the account: signs commits and vault records. */
  readonly signingSeed: Uint8Array
  /** X25519 private key of the account: opens wrapped vault keys. */
  readonly boxKey: Uint8Array
  readonly gridId: string
  /** Ed25519 public key. */
  readonly coordinatorKey: Uint8Array
  /** `host:port`. */
  readonly address: string
  /** The highest seen. */
  readonly term: number
  readonly expiresMs: number
}

/** Where log-ins are kept. Synchronous: they are small and read before anything else can be done. */
export interface SessionStore {
  /** That of `name`, or the last that was saved; undefined when there is none. MALFORMED, HOME_TOO_NEW. */
  load(name?: string): StoredSession | undefined
  /** Durable and whole, or not at all; becomes the one that is chosen by default when `chosen`. */
  save(session: StoredSession, options: { readonly chosen: boolean }): void
  /** Absent is fine. */
  remove(name: string): void
}

/** A log-in in use. */
export interface Session {
  readonly world: ClientWorld
  readonly stored: StoredSession
  readonly control: ControlClient
  /** Ed25519 public key of the account. */
  readonly signingKey: Uint8Array
  close(): void
}
