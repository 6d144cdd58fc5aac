/** The two messages of a log-in: who knows the password opens the bundle and has the session. */
import { fromHex } from '../base/bytes.ts'
import { HoldfastError, hasCode } from '../base/errors.ts'
import { openBundle, type AccountBundle } from '../core/bundle.ts'
import type { OpaqueLogin } from '../core/opaque.ts'
import { sessionMacKey } from '../wire/control-auth.ts'
import type { ControlClient } from '../wire/control-client.ts'
import type { ControlAnswer } from '../wire/control.ts'
import type { Credentials } from './credentials.ts'
import type { Grid } from './pinned-grid.ts'
import type { ClientWorld, StoredSession } from './session.ts'

export interface Login {
  readonly answer: ControlAnswer<'login/finish'>
  readonly opened: OpaqueLogin
  readonly bundle: AccountBundle
}

/** LOGIN_REFUSED, TRY_LATER, RECORD_FORGED for a bundle that is not this account's. */
export async function proveAndOpen(
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

/** What is kept of it. */
export function storedSession(
  world: ClientWorld,
  login: Login & { readonly credentials: Credentials; readonly grid: Grid },
): StoredSession {
  const { answer, opened, bundle, credentials, grid } = login
  return {
    account: answer.account,
    name: credentials.name,
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
