/** Who asks: checks the proofs of docs/control.md, sections 1 and 2. */
import { equalSecrets, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import {
  answerMac,
  controlHeaders,
  headerBytes,
  headerTime,
  nodeAnswerText,
  nodeRequestText,
  requestMac,
} from '../wire/control-auth.ts'
import type { ControlHttpAnswer, ControlHttpRequest } from '../wire/transport.ts'
import type { Auth, Callers, CoordinatorContext } from './context.ts'
import { idToBytes } from '../core/id-to-bytes.ts'
import type { ReplayWindow } from './replay-window.ts'

/** What the coordinator adds to an answer to prove that it gave it. */
export type AnswerProver = (
  answer: Pick<ControlHttpAnswer, 'status' | 'body'>,
) => Readonly<Record<string, string>>

export type Authenticated<Kind extends Auth = Auth> =
  | { readonly caller: Callers[Kind]; readonly prove: AnswerProver }
  /** The proof is right, but this request may not be done (again). */
  | { readonly refused: HoldfastError; readonly prove: AnswerProver }

export interface AuthenticationWorld {
  readonly context: CoordinatorContext
  readonly window: ReplayWindow
  /** When this coordinator began, by the grid's time. */
  readonly startedMs: number
}

const noProof: AnswerProver = () => ({})

export function authenticateOpen(request: ControlHttpRequest): Authenticated<'open'> {
  return { caller: { source: request.source }, prove: noProof }
}

/** NOT_LOGGED_IN, which nothing proves, for what is no session's request. */
export async function authenticateSession(
  world: AuthenticationWorld,
  request: ControlHttpRequest,
): Promise<Authenticated<'session'>> {
  const { catalogue, time, primitives } = world.context
  const { headers, path, body } = request
  const session = headerBytes(headers[controlHeaders.session], 16)
  const requestId = headerBytes(headers[controlHeaders.request], 16)
  const timeMs = headerTime(headers[controlHeaders.time])
  const mac = headerBytes(headers[controlHeaders.mac], 32)
  if (!session || !requestId || timeMs === undefined || !mac) throw notLoggedIn()
  const row = await catalogue.session(toHex(session))
  if (row === undefined) throw notLoggedIn()
  const wanted = requestMac(primitives, row.macKey, { path, requestId, timeMs, body })
  if (!equalSecrets(mac, wanted)) throw notLoggedIn()
  const prove: AnswerProver = ({ status, body: answerBody }) => ({
    [controlHeaders.mac]: toHex(
      answerMac(primitives, row.macKey, { requestId, status, body: answerBody }),
    ),
  })
  const nowMs = time.nowMs()
  if (!isTimely(world, timeMs)) return { refused: wrongTime(nowMs), prove }
  // One byte of memory for each: as hex it would be two.
  const id = String.fromCodePoint(...requestId)
  const seen = world.window.take(row.session, { id, timeMs })
  if (seen === 'seen') return { refused: replayed(), prove }
  if (seen === 'full') return { refused: tooMany(), prove }
  return { caller: { source: request.source, session: row }, prove }
}

/** NOT_LOGGED_IN for what is no node's request. */
export function authenticateNode(
  world: AuthenticationWorld,
  request: ControlHttpRequest,
): Authenticated<'node'> {
  const { cluster, keys, primitives, time } = world.context
  const { headers, path, body } = request
  const nodeId = headerBytes(headers[controlHeaders.node], 16)
  const timeMs = headerTime(headers[controlHeaders.time])
  const signature = headerBytes(headers[controlHeaders.signature], 64)
  const row = nodeId && cluster.row(toHex(nodeId))
  if (!row || timeMs === undefined || !signature) throw notANode()
  const text = nodeRequestText(primitives, { path, timeMs, body })
  if (!primitives.verify(row.publicKey, text, signature)) throw notANode()
  const prove: AnswerProver = ({ status, body: answerBody }) => {
    const node = idToBytes(row.node)
    const answer = nodeAnswerText(primitives, { node, timeMs, status, body: answerBody })
    return { [controlHeaders.signature]: toHex(primitives.sign(keys.identitySeed, answer)) }
  }
  const nowMs = time.nowMs()
  const near = isTimely(world, timeMs)
  if (near && cluster.takeRequestTime(row.node, timeMs)) {
    return { caller: { source: request.source, node: row }, prove }
  }
  return { refused: wrongTime(Math.max(nowMs, cluster.nextRequestTime(row.node))), prove }
}

/** What was asked of the coordinator before its start may have been done then: nothing remembers. */
function isTimely({ context, startedMs }: AuthenticationWorld, timeMs: number): boolean {
  const { limits, time } = context
  return timeMs >= startedMs && Math.abs(timeMs - time.nowMs()) <= limits.controlSkewMs
}

function notLoggedIn(): HoldfastError {
  return new HoldfastError('NOT_LOGGED_IN', 'This session is unknown or has ended')
}

function notANode(): HoldfastError {
  return new HoldfastError('NOT_LOGGED_IN', 'This is not signed by a node of this grid', {
    hint: 'Add the node to the configuration of the coordinator, with its public key',
  })
}

/** `timeMs` lets the caller learn the time and ask again. */
function wrongTime(timeMs: number): HoldfastError {
  return new HoldfastError('NOT_LOGGED_IN', "The request's time is not the coordinator's", {
    hint: 'Set the clock of this machine',
    details: { timeMs },
  })
}

function replayed(): HoldfastError {
  return new HoldfastError('NOT_LOGGED_IN', 'This request was made before')
}

function tooMany(): HoldfastError {
  return new HoldfastError('BUSY', 'This session makes too many requests')
}
