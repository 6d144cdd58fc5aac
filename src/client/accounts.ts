/** Accounts: sign-up, log-in, log-out (docs/format.md, section 12; docs/control.md). */
import { equalBytes, fromHex, isUtf8, toHex, utf8ToText } from '../base/bytes.ts'
import { HoldfastError, hasCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { openBundle, sealBundle, type AccountBundle } from '../core/bundle.ts'
import { gridIdOf } from '../core/grid-keys.ts'
import type { OpaqueLogin } from '../core/opaque.ts'
import { sessionMacKey } from '../wire/control-auth.ts'
import { createControlClient, type ControlClient } from '../wire/control-client.ts'
import type { ControlAnswer } from '../wire/control.ts'
import { newId } from './commit/new-id.ts'
import { startSession, type ClientWorld, type Session, type StoredSession } from './session.ts'
import { makeVaultParts, type VaultOwner } from './vault-parts.ts'

/** Passwords are UTF-8 bytes: never sent, never logged. */
export interface Credentials {
  /** `host:port` of the coordinator. */
  readonly address: string
  /** Ed25519 public key the coordinator must have, where it is known. */
  readonly coordinatorKey?: Uint8Array | undefined
  readonly name: string
  readonly password: Uint8Array
  readonly signal?: AbortSignal | undefined
}

/** The vault every account begins with. */
export const homeVault = Object.freeze({
  name: 'home',
  policy: Object.freeze({ code: 1, k: 2, m: 2, threshold: 3 }),
})

/**
 * Makes an account and its vault `home`, in one request. Does not log in. NAME_TAKEN, SIGNUP_CLOSED,
 * BAD_NAME, BAD_USAGE (password), TRY_LATER.
 */
export async function signUp(
  world: ClientWorld,
  credentials: Credentials,
): Promise<{ readonly account: string }> {
  const password = passwordText(credentials)
  const { name, signal } = credentials
  const opaque = await world.opaque()
  return withControl(world, credentials.address, async (control) => {
    await askGrid(world, control, credentials)
    const start = opaque.startRegistration(password)
    const { registrationRequest, state } = start
    const { registrationResponse } = await control.call(
      'signup/start',
      { name, registrationRequest },
      { signal },
    )
    const registration = await opaque.finishRegistration({ state, registrationResponse, password })
    const { registrationRecord, exportKey } = registration
    const keys = await newAccountKeys(world, exportKey)
    return control.call('signup/finish', { name, registrationRecord, ...keys }, { signal })
  })
}

/**
 * Logs in and keeps the session, which becomes the default. LOGIN_REFUSED for a wrong password and an
 * unknown account alike, TRY_LATER, IDENTITY_MISMATCH when a session of this name is of another grid or
 * account, or when the coordinator is not the one it says it is.
 */
export async function logIn(world: ClientWorld, credentials: Credentials): Promise<StoredSession> {
  const password = passwordText(credentials)
  const known = world.sessions.load(spelling(credentials.name))
  const stored = await withControl(world, credentials.address, async (control) => {
    const grid = await askGrid(world, control, credentials)
    checkSameGrid(known, credentials, grid)
    const login = await proveAndOpen(world, control, { ...credentials, password })
    return storedSession(world, { credentials, grid, ...login })
  })
  checkSameAccount(known, stored)
  await confirm(world, stored)
  world.sessions.save(stored, { chosen: true })
  return stored
}

/** Ends the session there and forgets it here; forgets it here also when the coordinator is not reached. */
export async function logOut(session: Session): Promise<void> {
  try {
    await session.control.call('logout', {}, { triesMax: 1 })
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    session.world.logger.warn('session was not ended there', { code: error.code })
  } finally {
    session.world.sessions.remove(session.stored.name)
  }
}

export interface WhoAmI {
  readonly account: string
  readonly name: string
  readonly quotaBytes: number | undefined
  readonly usedBytes: number
  readonly expiresMs: number
}

export async function whoAmI(session: Session): Promise<WhoAmI> {
  const answer = await session.control.call('whoami', {})
  return { ...answer, quotaBytes: answer.quotaBytes }
}

async function withControl<T>(
  world: ClientWorld,
  address: string,
  work: (control: ControlClient) => Promise<T>,
): Promise<T> {
  const { clock, random, primitives } = world
  const transport = world.transport(address)
  const control = createControlClient({ transport, clock, random, primitives })
  try {
    return await work(control)
  } finally {
    control.close()
  }
}

/** The coordinator's one spelling of account names: `Ada` and `ada` are the same. */
function spelling(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

/** OPAQUE takes text: bytes that are none would be ambiguous. */
function passwordText({ password }: Credentials): string {
  const { length } = password
  if (length > 0 && length <= limits.passwordBytesMax && isUtf8(password)) {
    return utf8ToText(password)
  }
  const wanted = `1 to ${limits.passwordBytesMax} bytes of UTF-8`
  throw new HoldfastError('BAD_USAGE', `Cannot use a password of ${length} bytes: ${wanted}`, {
    hint: `A password has ${wanted}`,
  })
}

interface AccountKeys {
  readonly account: string
  readonly signingKey: Uint8Array
  readonly boxKey: Uint8Array
  readonly bundle: Uint8Array
  readonly home: Awaited<ReturnType<typeof makeVaultParts>>
}

async function newAccountKeys(world: ClientWorld, exportKey: Uint8Array): Promise<AccountKeys> {
  const { primitives, random, clock } = world
  const keyWrap = await world.keyWrap()
  const account = newId(random)
  const owner = { account, signingSeed: random.bytes(32), boxKey: random.bytes(32) }
  const signingKey = primitives.signingPublicKey(owner.signingSeed)
  const home = await makeVaultParts(
    { primitives, random, keyWrap },
    { owner, createdMs: clock.nowMs(), ...homeVault },
  )
  const bundle = bundleOf(owner, { vault: fromHex(home.vault)!, ownerKey: signingKey })
  return {
    account,
    signingKey,
    boxKey: keyWrap.publicKey(owner.boxKey),
    bundle: sealBundle(
      primitives,
      { exportKey, account: fromHex(account)! },
      { nonce: random.bytes(12), bundle },
    ),
    home,
  }
}

function bundleOf(owner: VaultOwner, pin: AccountBundle['pins'][number]): AccountBundle {
  return { signingSeed: owner.signingSeed, boxPrivateKey: owner.boxKey, pins: [pin] }
}

type Grid = ControlAnswer<'grid'>

/** IDENTITY_MISMATCH unless the grid id is that of the coordinator's key, and the key the wanted one. */
async function askGrid(
  world: ClientWorld,
  control: ControlClient,
  { address, coordinatorKey }: Credentials,
): Promise<Grid> {
  const grid = await control.call('grid', {})
  const derived = toHex(gridIdOf(world.primitives, grid.coordinatorKey))
  if (grid.gridId !== derived) {
    throw new HoldfastError(
      'IDENTITY_MISMATCH',
      `The coordinator says it is of grid ${grid.gridId}, its key is of grid ${derived}`,
    )
  }
  if (!coordinatorKey || equalBytes(coordinatorKey, grid.coordinatorKey)) return grid
  const keys = `has the key ${toHex(grid.coordinatorKey)}, wanted is ${toHex(coordinatorKey)}`
  throw new HoldfastError('IDENTITY_MISMATCH', `The coordinator at ${address} ${keys}`)
}

function checkSameGrid(
  known: StoredSession | undefined,
  { name, address }: Credentials,
  grid: Grid,
): void {
  if (!known) return
  const same = known.gridId === grid.gridId && equalBytes(known.coordinatorKey, grid.coordinatorKey)
  if (!same) {
    const grids = `is of grid ${grid.gridId}, ${name} was logged in to grid ${known.gridId}`
    throw new HoldfastError('IDENTITY_MISMATCH', `The coordinator at ${address} ${grids}`, {
      hint: 'Check the address; if the grid was replaced on purpose, run holdfast logout first',
    })
  }
  if (grid.term < known.term) {
    const terms = `is of term ${grid.term}, this client has seen term ${known.term}`
    throw new HoldfastError('TERM_OLD', `The coordinator at ${address} ${terms}`)
  }
}

function checkSameAccount(known: StoredSession | undefined, stored: StoredSession): void {
  if (!known) return
  const same = known.account === stored.account && equalBytes(known.signingSeed, stored.signingSeed)
  if (same) return
  throw new HoldfastError(
    'IDENTITY_MISMATCH',
    `${stored.name} is another account than the one that was logged in here: ${stored.account}, not ${known.account}`,
    { hint: 'If the account was replaced on purpose, run holdfast logout first' },
  )
}

interface Login {
  readonly answer: ControlAnswer<'login/finish'>
  readonly opened: OpaqueLogin
  readonly bundle: AccountBundle
}

async function proveAndOpen(
  world: ClientWorld,
  control: ControlClient,
  { name, password, signal }: Omit<Credentials, 'password'> & { readonly password: string },
): Promise<Login> {
  const opaque = await world.opaque()
  const { state, startRequest } = opaque.startLogin(password)
  const { login, loginResponse } = await control.call(
    'login/start',
    { name, startRequest },
    { signal },
  )
  const opened = await opaque.finishLogin({ state, loginResponse, password })
  if (!opened) throw refused(name)
  const { finishRequest, exportKey } = opened
  const answer = await finishLogin(control, { login, finishRequest, name, signal })
  const keys = { exportKey, account: fromHex(answer.account)! }
  return { answer, opened, bundle: openBundle(world.primitives, keys, answer.bundle) }
}

async function finishLogin(
  control: ControlClient,
  finish: {
    readonly login: string
    readonly finishRequest: string
    readonly name: string
    readonly signal: AbortSignal | undefined
  },
): Promise<ControlAnswer<'login/finish'>> {
  const { login, finishRequest, name, signal } = finish
  try {
    return await control.call('login/finish', { login, finishRequest }, { signal })
  } catch (error) {
    if (hasCode(error, 'LOGIN_REFUSED')) throw refused(name, error)
    throw error
  }
}

/** One text for wrong passwords and unknown accounts. */
function refused(name: string, cause?: unknown): HoldfastError {
  return new HoldfastError('LOGIN_REFUSED', `Cannot log in as ${name}: wrong account or password`, {
    cause,
  })
}

function storedSession(
  world: ClientWorld,
  login: Login & { readonly credentials: Credentials; readonly grid: Grid },
): StoredSession {
  const { answer, opened, bundle, credentials, grid } = login
  return {
    account: answer.account,
    name: spelling(credentials.name),
    session: answer.session,
    macKey: sessionMacKey(world.primitives, opened.sessionKey),
    signingSeed: bundle.signingSeed,
    boxKey: bundle.boxPrivateKey,
    gridId: grid.gridId,
    coordinatorKey: grid.coordinatorKey,
    address: credentials.address,
    term: grid.term,
    expiresMs: answer.expiresMs,
  }
}

/** What was told before the password was proved is told again under the session's proof. */
async function confirm(world: ClientWorld, stored: StoredSession): Promise<void> {
  const session = startSession(world, stored)
  try {
    session.noteGrid(await session.control.call('cluster', {}))
    const { account, name } = await whoAmI(session)
    if (account === stored.account && name === stored.name) return
    throw new HoldfastError('IDENTITY_MISMATCH', `Logged in as ${stored.name}, but it is ${name}`)
  } finally {
    session.close()
  }
}
