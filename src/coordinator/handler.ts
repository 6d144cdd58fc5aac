/** From a control request as it travels to its answer: authenticate, read, do, encode. Never throws. */
import { errorKinds, errorToJson, hasCode, HoldfastError } from '../base/errors.ts'
import { controlNameOf, decodeRequest, encodeAnswer, encodeError } from '../wire/control-codec.ts'
import { controlMessages, type ControlAnswer, type ControlName } from '../wire/control.ts'
import type { ControlHandler, ControlHttpAnswer, ControlHttpRequest } from '../wire/transport.ts'
import {
  authenticateNode,
  authenticateOpen,
  authenticateSession,
  type AnswerProver,
  type Authenticated,
  type AuthenticationWorld,
} from './authentication.ts'
import type { Call, CoordinatorContext, MessageHandler } from './context.ts'
import { messageHandlers } from './messages.ts'
import { ReplayWindow } from './replay-window.ts'

export function createHandler(context: CoordinatorContext): ControlHandler {
  const { limits } = context
  const window = new ReplayWindow(context.time, {
    skewMs: limits.controlSkewMs,
    requestsPerSessionMax: limits.sessionRequestsMax,
    requestsMax: limits.rememberedRequestsMax,
  })
  const world = { context, window, startedMs: context.time.nowMs() }
  return async (request) => {
    try {
      return await answerTo(world, request)
    } catch (error) {
      return refusal(context, { path: request.path, error, prove: () => ({}) })
    }
  }
}

async function answerTo(
  world: AuthenticationWorld,
  request: ControlHttpRequest,
): Promise<ControlHttpAnswer> {
  const name = controlNameOf(request.path)
  if (name === undefined) {
    const what = `Cannot answer ${request.path.slice(0, 64)}: there is no such message`
    throw new HoldfastError('VERSION_UNSUPPORTED', what)
  }
  const authenticated = await authenticate(world, name, request)
  const { prove } = authenticated
  const { context } = world
  try {
    if ('refused' in authenticated) throw authenticated.refused
    const message = decodeRequest(name, request.body)
    const call = { request: message, caller: authenticated.caller }
    const answer = await run(context, name, call as Call<typeof name>)
    const body = encodeAnswer(name, answer)
    return { status: 200, headers: prove({ status: 200, body }), body }
  } catch (error) {
    return refusal(context, { path: request.path, error, prove })
  }
}

function run<Name extends ControlName>(
  context: CoordinatorContext,
  name: Name,
  call: Call<Name>,
): Promise<ControlAnswer<Name>> {
  const handler = messageHandlers[name] as unknown as MessageHandler<Name>
  return handler(context, call)
}

async function authenticate(
  world: AuthenticationWorld,
  name: ControlName,
  request: ControlHttpRequest,
): Promise<Authenticated> {
  const { auth } = controlMessages[name]
  if (auth === 'session') return authenticateSession(world, request)
  const { controlOpenBodyBytesMax } = world.context.limits
  if (request.body.length > controlOpenBodyBytesMax) {
    const what = `Cannot take ${request.body.length} bytes: at most ${controlOpenBodyBytesMax}`
    throw new HoldfastError('OVER_LIMIT', what)
  }
  return auth === 'open' ? authenticateOpen(request) : authenticateNode(world, request)
}

interface Refused {
  readonly path: string
  readonly error: unknown
  readonly prove: AnswerProver
}

function refusal(context: CoordinatorContext, refused: Refused): ControlHttpAnswer {
  const { error, path, prove } = refused
  const known = error instanceof HoldfastError && !hasCode(error, 'INTERNAL')
  if (!known) context.logger.error('control request failed', { path, ...describe(error) })
  const shown = known ? error : new HoldfastError('INTERNAL', 'The coordinator met a defect')
  const body = encodeError(shown)
  const { status } = errorKinds[errorToJson(shown).code]
  return { status, headers: prove({ status, body }), body }
}

function describe(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return { reason: String(error) }
  return { reason: error.message, stack: error.stack ?? '' }
}
