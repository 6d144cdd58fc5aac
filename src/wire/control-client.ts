/** The typed client of the control protocol (docs/control.md): what clients and nodes speak with. */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import type { ControlAnswer, ControlName, ControlRequest } from './control.ts'
import type { ControlTransport } from './transport.ts'

export interface ControlClientOptions {
  readonly transport: ControlTransport
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  /** Needed by messages with `auth: 'session'`; NOT_LOGGED_IN without. */
  readonly session?: ControlSession
  /** Needed by messages with `auth: 'node'`. */
  readonly node?: ControlNode
}

export interface ControlSession {
  readonly session: string
  /** 32 bytes: `sessionMacKey`. */
  readonly macKey: Uint8Array
}

export interface ControlNode {
  readonly node: string
  /** Ed25519 seed of the node. */
  readonly seed: Uint8Array
  /** Ed25519 public key that answers must be signed with. */
  readonly coordinatorKey: Uint8Array
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** Of each try; `limits.controlTimeoutMs` unless told. */
  readonly timeoutMs?: number
}

export interface ControlClient {
  /**
   * Asks once, and again after COORDINATOR_UNREACHABLE, CONNECTION_LOST, TIMED_OUT or BUSY, at most
   * `limits.controlTriesMax` times: every message may be repeated. Throws what the coordinator refused
   * with, NOT_LOGGED_IN, MALFORMED or IDENTITY_MISMATCH for an answer that is not the coordinator's.
   */
  call<Name extends ControlName>(
    name: Name,
    request: ControlRequest<Name>,
    options?: CallOptions,
  ): Promise<ControlAnswer<Name>>
  /** From now on; undefined after a log-out. */
  useSession(session: ControlSession | undefined): void
  /** The coordinator's time, ms, as far as known: this clock's until the first answer that carries it. */
  timeMs(): number
  close(): void
}

export function createControlClient(_options: ControlClientOptions): ControlClient {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
