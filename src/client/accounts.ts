/** Accounts: sign-up, log-in, log-out (docs/format.md, section 12; docs/control.md). */
import { HoldfastError } from '../base/errors.ts'
import { createControlClient, type ControlClient } from '../wire/control-client.ts'
import { newAccountKeys } from './account-keys.ts'
import { accountName, passwordText, type Credentials } from './credentials.ts'
import { proveAndOpen, storedSession } from './log-in-exchange.ts'
import { askGrid, checkSameAccount, checkSameGrid } from './pinned-grid.ts'
import type { Grid } from './pinned-grid.ts'
import { startSession, type ClientWorld, type Session, type StoredSession } from './session.ts'

export type { Credentials } from './credentials.ts'

/**
 * Makes an account and its vault `home`, in one request. Does not log in. NAME_TAKEN, SIGNUP_CLOSED,
 * BAD_NAME, BAD_USAGE (password), TRY_LATER.
 */
export async function signUp(
  world: ClientWorld,
  credentials: Credentials,
): Promise<{ readonly account: string }> {
  const password = passwordText(credentials)
  const name = accountName(credentials.name)
  const { signal } = credentials
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
export async function logIn(world: ClientWorld, as: Credentials): Promise<StoredSession> {
  const password = passwordText(as)
  const credentials = { ...as, name: accountName(as.name) }
  const known = world.sessions.load(credentials.name)
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

/**
 * Ends the session there and forgets here what it let one do and see: its keys, those of the vaults, and the
 * indexes with their names; what notices an older history stays. Here also when the coordinator is not reached.
 */
export async function logOut(session: Session): Promise<void> {
  try {
    await session.control.call('logout', {}, { triesMax: 1 })
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    session.world.logger.warn('session was not ended there', { code: error.code })
  } finally {
    forget(session)
  }
}

/** The session last: who died before can log out again. */
function forget({ pins, stored, world }: Session): void {
  try {
    world.indexes.removeIndexes(stored.account)
    pins.forgetSecrets()
  } finally {
    world.sessions.remove(stored.name)
  }
}

/** What a coordinator tells anyone. IDENTITY_MISMATCH, and what asking throws. */
export async function askCoordinator(
  world: ClientWorld,
  at: Pick<Credentials, 'address' | 'coordinatorKey'>,
): Promise<Grid> {
  return await withControl(world, at.address, (control) => askGrid(world, control, at))
}

export interface WhoAmI {
  readonly account: string
  readonly name: string
  readonly quotaBytes: number | undefined
  readonly usedBytes: number
  readonly expiresMs: number
  /** All that are logged in here. */
  readonly sessions: readonly string[]
}

export async function whoAmI(session: Session): Promise<WhoAmI> {
  const answer = await session.control.call('whoami', {})
  const sessions = session.world.sessions.names()
  return { ...answer, quotaBytes: answer.quotaBytes, sessions }
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
