/**
 * Logging in with OPAQUE. Wrong password, unknown name and a log-in that took too long are one refusal, and
 * nothing before it differs either.
 */
import { toHex, utf8ToText } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { sessionMacKey } from '../../wire/control-auth.ts'
import type { MessageHandler } from '../context.ts'
import { normalName } from './account-name.ts'
import { countTry } from './tries.ts'

export const startLogin: MessageHandler<'login/start'> = async (context, call) => {
  const { source } = call.caller
  const { startRequest } = call.request
  const name = normalName(call.request.name)
  await countTry(context, { name, source })
  const row = await context.catalogue.accountByName(name)
  const { loginResponse, state } = context.opaque.startLogin({
    user: name,
    registrationRecord: row && utf8ToText(row.opaqueRecord),
    startRequest,
  })
  const login = toHex(context.random.bytes(16))
  context.logins.add(login, { state, name, source, account: row?.account })
  return { login, loginResponse }
}

export const finishLogin: MessageHandler<'login/finish'> = async (context, { request }) => {
  const { catalogue, clock, limits, logger, logins, opaque, primitives, random } = context
  const pending = logins.take(request.login)
  const { finishRequest } = request
  const sessionKey = pending && opaque.finishLogin({ state: pending.state, finishRequest })
  const row = pending?.account === undefined ? undefined : await catalogue.account(pending.account)
  if (pending === undefined || sessionKey === undefined || row === undefined) {
    throw new HoldfastError('LOGIN_REFUSED', 'Cannot log in: account or password is wrong')
  }
  const session = toHex(random.bytes(16))
  await catalogue.createSession({
    session,
    account: row.account,
    macKey: sessionMacKey(primitives, sessionKey),
    tried: { name: pending.name, source: pending.source },
    lifeMs: limits.sessionMs,
  })
  logger.info('logged in', { account: row.account })
  const expiresMs = clock.nowMs() + limits.sessionMs
  return { session, account: row.account, bundle: row.bundle, expiresMs }
}

export const logout: MessageHandler<'logout'> = async ({ catalogue }, { caller }) => {
  await catalogue.removeSession(caller.session.session)
  return {}
}

export const whoAmI: MessageHandler<'whoami'> = async ({ catalogue }, { caller }) => {
  const { account, accountName, expiresMs } = caller.session
  const row = await catalogue.account(account)
  if (row === undefined) throw new HoldfastError('NOT_LOGGED_IN', 'The account is gone')
  const { quotaBytes, usedBytes } = row
  return {
    account,
    name: accountName,
    usedBytes,
    expiresMs,
    ...(quotaBytes !== undefined && { quotaBytes }),
  }
}
