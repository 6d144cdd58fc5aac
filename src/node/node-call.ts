import type { ShardBuffer } from '../blocks/buffer-pool.ts'
import type { FrameMessage } from '../wire/frame.ts'
import type { Role } from '../wire/handshake.ts'
import type { IncomingBody } from './incoming-body.ts'
import type { NodeContext } from './node-context.ts'
import type { TicketDesk } from './ticket-desk.ts'

/** One request on a connection, as its handler sees it. */
export interface NodeCall {
  readonly context: NodeContext
  readonly role: Role
  /** What the opener proved: 0 of a client. */
  readonly term: number
  readonly tickets: TicketDesk
  /** Aborted by a cancel and by the end of the connection. */
  readonly signal: AbortSignal
  /** What comes as body of this request goes there from now on. */
  expectBody(body: IncomingBody): void
  /** Memory for a body, each connection in turn. */
  allocate(bodyBytes: number): Promise<ShardBuffer>
  /** Says something that is not yet the answer. */
  say(type: number, payload: Uint8Array): void
  /** Sends bytes of the answer's body; resolves when they have left. */
  sendBody(bytes: Uint8Array, last: boolean): Promise<void>
}

/** The message that answers; undefined when the body that was sent is the answer. */
export type Answer = Omit<FrameMessage, 'requestId'> | undefined

/**
 * Begins to answer. Throws at once, MALFORMED, when the payload is none: that ends the connection. What it
 * expects as body is known when it returns, before any of that body is read.
 */
export type NodeHandler = (call: NodeCall, payload: Uint8Array) => Promise<Answer>

export function handler<Request>(
  decode: (payload: Uint8Array) => Request,
  handle: (call: NodeCall, request: Request) => Promise<Answer>,
): NodeHandler {
  return (call, payload) => handle(call, decode(payload))
}
