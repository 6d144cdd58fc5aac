/** `signup`, `login`, `logout`, `whoami`. */
import { logIn, logOut, signUp, whoAmI } from '../../client/accounts.ts'
import { accountSpelling } from '../../client/credentials.ts'
import type { Client, ClientParts } from '../../client/client.ts'
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
  return loggedIn(parts, name, (as) => `made the account ${as} and logged in`)
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
  return loggedIn(parts, name, (as) => `logged in as ${as}`)
}

/** What comes without --as is this account's now: to be told where others are logged in. */
function loggedIn(
  { sessions }: ClientParts,
  name: string,
  sentence: (as: string) => string,
): Outcome {
  const account = accountSpelling(name)
  const others = sessions.names().filter((other) => other !== account)
  const shown = showAccount({ account }, sentence(account))
  if (others.length === 0) return shown
  const note = `commands are for ${account} from now on; with --as NAME for ${others.join(', ')}`
  return { ...shown, notes: [note] }
}

export async function logout(_context: Context, client: Client): Promise<Outcome> {
  const { name } = client.session.stored
  await logOut(client.session)
  return showAccount({ account: name }, `logged out ${name}`)
}

export async function whoami(_context: Context, client: Client): Promise<Outcome> {
  const { name, usedBytes, quotaBytes, sessions } = await whoAmI(client.session)
  return showAccount({
    account: name,
    usedBytes,
    ...(quotaBytes !== undefined && { quotaBytes }),
    sessions,
  })
}
