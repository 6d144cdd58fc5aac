/** A log-in as a client keeps it, and the conversation that stands on it. */
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { KeyWrap } from '../core/membership.ts'
import type { OpaqueClient } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'
import { createControlClient, type ControlClient } from '../wire/control-client.ts'
import type { ControlTransport } from '../wire/transport.ts'
import { accountSpelling } from './credentials.ts'
import type { IndexStore, VaultPins } from './index/vault-index.ts'

/** What a client stands on. OPAQUE and HPKE are loaded only by what needs them. */
export interface ClientWorld {
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly opaque: () => Promise<OpaqueClient>
  readonly keyWrap: () => Promise<KeyWrap>
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
  /** Of whom there is a log-in, sorted. */
  names(): string[]
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
  /** What this account remembers of its vaults. */
  readonly pins: VaultPins
  /** Keeps the highest term. TERM_OLD for a lower one than was seen. */
  noteTerm(term: number): void
  /** IDENTITY_MISMATCH when a coordinator says it is of another grid than the one logged in to; TERM_OLD. */
  noteGrid(grid: { readonly gridId: string; readonly term: number }): void
  close(): void
}

/**
 * The session of `name`, or that of the last log-in; when that one has ended, the only other one. NOT_LOGGED_IN,
 * MALFORMED, VERSION_UNSUPPORTED.
 */
export function openSession(world: ClientWorld, name?: string): Session {
  const { sessions } = world
  const names = sessions.names()
  const stored = name === undefined ? sessions.load() : sessions.load(accountSpelling(name))
  if (stored) return startSession(world, stored)
  const only = name === undefined && names.length === 1 ? sessions.load(names[0]) : undefined
  if (only) return startSession(world, only)
  throw notLoggedIn(name, names)
}

function notLoggedIn(name: string | undefined, others: readonly string[]): HoldfastError {
  const who = name === undefined ? 'Nobody is logged in here' : `${name} is not logged in here`
  if (others.length === 0) return new HoldfastError('NOT_LOGGED_IN', who)
  const stored = `there are sessions of ${others.join(', ')}`
  const why = name === undefined ? 'The account that was used last was logged out' : who
  return new HoldfastError('NOT_LOGGED_IN', `${why}; ${stored}`, {
    hint: 'Choose one with --as NAME, or run holdfast login NAME',
  })
}

/** A session from what is kept of it. */
export function startSession(world: ClientWorld, stored: StoredSession): Session {
  return new LiveSession(world, stored)
}

class LiveSession implements Session {
  readonly world: ClientWorld
  readonly control: ControlClient
  readonly signingKey: Uint8Array
  #stored: StoredSession
  #pins: VaultPins | undefined

  constructor(world: ClientWorld, stored: StoredSession) {
    const { clock, random, primitives } = world
    this.world = world
    this.#stored = stored
    this.signingKey = primitives.signingPublicKey(stored.signingSeed)
    this.control = createControlClient({
      transport: world.transport(stored.address),
      clock,
      random,
      primitives,
      session: { session: stored.session, macKey: stored.macKey },
    })
  }

  get stored(): StoredSession {
    return this.#stored
  }

  get pins(): VaultPins {
    this.#pins ??= this.world.indexes.openPins(this.#stored.account)
    return this.#pins
  }

  noteTerm(term: number): void {
    const seen = this.#stored.term
    if (term < seen) {
      const terms = `is of term ${term}, this client has seen term ${seen}`
      throw new HoldfastError('TERM_OLD', `The coordinator at ${this.#stored.address} ${terms}`)
    }
    if (term === seen) return
    this.#stored = { ...this.#stored, term }
    const { sessions } = this.world
    const chosen = sessions.load()?.session === this.#stored.session
    if (sessions.load(this.#stored.name)?.session === this.#stored.session) {
      sessions.save(this.#stored, { chosen })
    }
  }

  noteGrid({ gridId, term }: { readonly gridId: string; readonly term: number }): void {
    const { address } = this.#stored
    if (gridId !== this.#stored.gridId) throw otherGrid(address, this.#stored.gridId, gridId)
    this.noteTerm(term)
  }

  close(): void {
    this.#pins?.close()
    this.control.close()
  }
}

function otherGrid(address: string, known: string, told: string): HoldfastError {
  return new HoldfastError(
    'IDENTITY_MISMATCH',
    `The coordinator at ${address} is of grid ${told}, the session is of grid ${known}`,
    { hint: 'Check the address; if the grid was replaced on purpose, run holdfast logout first' },
  )
}
