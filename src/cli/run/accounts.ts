/** `signup`, `login`, `logout`, `whoami`. */
import { logIn, logOut, signUp, whoAmI } from '../../client/accounts.ts'
import type { Client } from '../../client/client.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import { showAccount } from '../show/status.ts'
import type { CommandWorld } from './command-world.ts'

/** Asks for, or finds, the password: bin/ knows how. */
export type PasswordFor = (context: Context, purpose: 'signup' | 'login') => Promise<Uint8Array>

export async function signup(
  context: Context,
  { parts, address, coordinatorKey }: CommandWorld,
  passwordFor: PasswordFor,
): Promise<Outcome> {
  const name = context.invocation.operands[0]!.text
  const password = await passwordFor(context, 'signup')
  const { signal } = context
  await signUp(parts, { address, coordinatorKey, name, password, signal })
  await logIn(parts, { address, coordinatorKey, name, password, signal })
  return showAccount({ account: name }, `made the account ${name} and logged in`)
}

export async function login(
  context: Context,
  { parts, address, coordinatorKey }: CommandWorld,
  passwordFor: PasswordFor,
): Promise<Outcome> {
  const name = context.invocation.operands[0]!.text
  const password = await passwordFor(context, 'login')
  const { signal } = context
  await logIn(parts, { address, coordinatorKey, name, password, signal })
  return showAccount({ account: name }, `logged in as ${name}`)
}

export async function logout(_context: Context, client: Client): Promise<Outcome> {
  const { name } = client.session.stored
  await logOut(client.session)
  return showAccount({ account: name }, `logged out ${name}`)
}

export async function whoami(_context: Context, client: Client): Promise<Outcome> {
  const { name, usedBytes, quotaBytes } = await whoAmI(client.session)
  return showAccount({
    account: name,
    usedBytes,
    ...(quotaBytes !== undefined && { quotaBytes }),
  })
}
