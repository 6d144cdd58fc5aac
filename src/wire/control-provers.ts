/**
 * How a caller of the control protocol proves who asks, and checks that the coordinator answered. One prover
 * for each kind of `auth`; each call of it is for one try, with its own request id and time.
 */
import { assert } from '../base/assert.ts'
import { equalSecrets, fromHex, toHex } from '../base/bytes.ts'
import { HoldfastError, type ErrorCode } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import type { Primitives } from '../core/primitives.ts'
import {
  answerMac,
  controlHeaders,
  headerBytes,
  nodeAnswerText,
  nodeRequestText,
  requestMac,
} from './control-auth.ts'
import { decodeError } from './control-codec.ts'
import type { ControlHttpAnswer } from './transport.ts'

export interface ControlSession {
  readonly session: string
  /** 32 bytes: `sessionMacKey`. */
  readonly macKey: Uint8Array
}

export interface ControlNode {
  readonly node: string
  /** Ed25519 seed of the node. */
  readonly seed: Uint8Array
  /** Ed25519 public key that answers must be signed with. */
  readonly coordinatorKey: Uint8Array
}

export type Prover = (request: { readonly path: string; readonly body: Uint8Array }) => Proven

export interface Proven {
  readonly headers: Readonly<Record<string, string>>
  /** Throws IDENTITY_MISMATCH unless the coordinator gave this answer, to this very request. */
  readonly check: (answer: ControlHttpAnswer) => void
}

export interface ProverWorld {
  readonly primitives: Primitives
  readonly random: Random
  /** The coordinator's time as far as known. */
  timeMs(): number
}

/**
 * Refusals a caller takes without proof: those the coordinator cannot prove, as it knows no key yet or never
 * read the request. Whoever can forge them could as well cut the connection.
 */
const unprovenCodes: ReadonlySet<ErrorCode> = new Set([
  'NOT_LOGGED_IN',
  'BUSY',
  'OVER_LIMIT',
  'MALFORMED',
  'TIMED_OUT',
  'CONNECTION_LOST',
])

export const openProver: Prover = () => ({ headers: {}, check() {} })

export function sessionProver(world: ProverWorld, session: ControlSession): Prover {
  const { primitives, random } = world
  return ({ path, body }) => {
    const requestId = random.bytes(16)
    const timeMs = world.timeMs()
    const mac = requestMac(primitives, session.macKey, { path, requestId, timeMs, body })
    const headers = {
      [controlHeaders.session]: session.session,
      [controlHeaders.request]: toHex(requestId),
      [controlHeaders.time]: String(timeMs),
      [controlHeaders.mac]: toHex(mac),
    }
    const check = (answer: ControlHttpAnswer): void => {
      const { status } = answer
      const given = headerBytes(answer.headers[controlHeaders.mac], 32)
      const wanted = answerMac(primitives, session.macKey, { requestId, status, body: answer.body })
      if (given === undefined || !equalSecrets(given, wanted)) refuseUnproven(answer)
    }
    return { headers, check }
  }
}

/** The times of a node's requests rise strictly, also when two fall into one millisecond. */
export function nodeProver(world: ProverWorld, node: ControlNode): Prover {
  const { primitives } = world
  const nodeId = fromHex(node.node)
  assert(nodeId?.length === 16, 'a node id is 16 bytes of hex')
  let lastMs = 0
  return ({ path, body }) => {
    const timeMs = Math.max(world.timeMs(), lastMs + 1)
    lastMs = timeMs
    const text = nodeRequestText(primitives, { path, timeMs, body })
    const headers = {
      [controlHeaders.node]: node.node,
      [controlHeaders.time]: String(timeMs),
      [controlHeaders.signature]: toHex(primitives.sign(node.seed, text)),
    }
    const check = (answer: ControlHttpAnswer): void => {
      const { status } = answer
      const given = headerBytes(answer.headers[controlHeaders.signature], 64)
      const proof = { node: nodeId, timeMs, status, body: answer.body }
      const signed = nodeAnswerText(primitives, proof)
      if (given && primitives.verify(node.coordinatorKey, signed, given)) return
      refuseUnproven(answer)
    }
    return { headers, check }
  }
}

function refuseUnproven(answer: ControlHttpAnswer): never {
  if (answer.status !== 200) {
    const { code, message } = decodeError(answer.body)
    // Without its details: nothing in them is proven.
    if (unprovenCodes.has(code)) throw new HoldfastError(code, message)
  }
  throw new HoldfastError(
    'IDENTITY_MISMATCH',
    `Cannot take an answer with status ${answer.status}: it does not prove that the coordinator gave it`,
  )
}
