/** Signing up: a name, an OPAQUE registration, public keys, and the account's first vault. */
import { equalBytes, utf8 } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import type { ControlRequest } from '../../wire/control.ts'
import type { CoordinatorContext, MessageHandler } from '../context.ts'
import { checkNewVault } from '../vaults/new-vault.ts'
import { newAccountName, normalName } from './account-name.ts'
import { countSignup, countTry } from './tries.ts'

/**
 * Refuses a taken name here already: answered, this would be a way to try passwords of that account without
 * being counted.
 */
export const startSignup: MessageHandler<'signup/start'> = async (context, call) => {
  const { registrationRequest } = call.request
  const name = newAccountName(call.request.name)
  checkMaySignUp(context, name)
  const { source } = call.caller
  await countTry(context, { name, source })
  if (await context.catalogue.accountByName(name)) throw nameTaken(name)
  return {
    registrationResponse: context.opaque.registrationResponse({ user: name, registrationRequest }),
  }
}

/** Only what was begun, and so counted, a short time ago: else this would be an uncounted way to try names. */
export const finishSignup: MessageHandler<'signup/finish'> = async (context, call) => {
  const { request } = call
  const { account, signingKey, boxKey, bundle, registrationRecord } = request
  const name = newAccountName(request.name)
  const quotaBytes = checkMaySignUp(context, name)
  if (!(await context.catalogue.wasTried({ name, withinMs: context.limits.signupMs }))) {
    const what = 'Cannot sign up: it was not begun here, or too long ago'
    throw new HoldfastError('MALFORMED', what, { hint: 'Sign up again' })
  }
  if (!context.opaque.acceptsRecord(registrationRecord)) {
    throw new HoldfastError('MALFORMED', 'Cannot read the registration record')
  }
  const home = checkNewVault(context, request.home, { account, signingKey, boxKey })
  if (await isRepeat(context, name, request)) return { account }
  await countSignup(context, call.caller.source)
  const opaqueRecord = utf8(registrationRecord)
  const created = await context.catalogue.createAccount({
    account,
    name,
    opaqueRecord,
    signingKey,
    boxKey,
    bundle,
    quotaBytes,
    home,
  })
  if (created.kind === 'name-taken' && !(await isRepeat(context, name, request))) {
    throw nameTaken(name)
  }
  if (created.kind === 'created') context.logger.info('account created', { account })
  return { account }
}

/** The quota this name gets. SIGNUP_CLOSED. */
function checkMaySignUp({ signup }: CoordinatorContext, name: string): number | undefined {
  if (signup.kind === 'open') return signup.quotaBytes
  const listed = signup.users.find((user) => normalName(user.name) === name)
  if (listed) return listed.quotaBytes
  throw new HoldfastError('SIGNUP_CLOSED', `Cannot sign up as "${name}": the name is not listed`)
}

/** Whether this very sign-up was done before: its answer was lost on the way. */
async function isRepeat(
  { catalogue }: CoordinatorContext,
  name: string,
  request: ControlRequest<'signup/finish'>,
): Promise<boolean> {
  const row = await catalogue.accountByName(name)
  if (row === undefined || row.account !== request.account) return false
  return (
    equalBytes(row.signingKey, request.signingKey) &&
    equalBytes(row.opaqueRecord, utf8(request.registrationRecord))
  )
}

function nameTaken(name: string): HoldfastError {
  return new HoldfastError('NAME_TAKEN', `Cannot sign up as "${name}": the name is taken`)
}
