/** Accounts: sign-up, log-in, log-out (docs/format.md, section 12; docs/control.md). */
import { HoldfastError } from '../base/errors.ts'
import type { ClientWorld, Session, StoredSession } from './session.ts'

/** Passwords are UTF-8 bytes: never sent, never logged. */
export interface Credentials {
  /** `host:port` of the coordinator. */
  readonly address: string
  readonly name: string
  readonly password: Uint8Array
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes an account and its vault `home`, in one request. Does not log in. NAME_TAKEN, SIGNUP_CLOSED,
 * BAD_NAME, BAD_USAGE (password), TRY_LATER (details.seconds).
 */
export function signUp(
  _world: ClientWorld,
  _credentials: Credentials,
): Promise<{ readonly account: string }> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/**
 * Logs in and keeps the session, which becomes the default. LOGIN_REFUSED for a wrong password and an
 * unknown account alike, TRY_LATER (details.seconds), IDENTITY_MISMATCH when a session of this name is of
 * another grid or account.
 */
export function logIn(_world: ClientWorld, _credentials: Credentials): Promise<StoredSession> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

/** Ends the session there and forgets it here; forgets it here also when the coordinator is not reached. */
export function logOut(_session: Session): Promise<void> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}

export interface WhoAmI {
  readonly account: string
  readonly name: string
  readonly quotaBytes: number | undefined
  readonly usedBytes: number
  readonly expiresMs: number
}

export function whoAmI(_session: Session): Promise<WhoAmI> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}
