/**
 * One connection to a node: everything that comes is hostile until checked. A frame that breaks a rule ends
 * it; a request that may not be is answered with an error.
 *
 * Invariants. 1. Request ids rise. 2. At most twice `connectionRequestsMax` requests are under way (those
 * that were cancelled and have not ended are among them), and as many bodies. 3. Bodies come only for
 * requests that expect one.
 */
import { AssertionError } from '../base/assert.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Connection } from '../base/network.ts'
import { encodeError } from '../wire/answers.ts'
import type { FrameMessage } from '../wire/frame.ts'
import { FrameLink } from '../wire/frame-link.ts'
import type { FrameLinkReceiver } from '../wire/frame-link.ts'
import { frameTypes } from '../wire/frame-types.ts'
import type { Prove } from '../wire/handshake.ts'
import { Slots } from '../wire/slots.ts'
import { Arrival } from './arrival.ts'
import { nodeHandlers } from './handlers.ts'
import type { IncomingBody } from './incoming-body.ts'
import type { Answer, NodeCall } from './node-call.ts'
import type { NodeContext } from './node-context.ts'
import { StallWatch } from './stall-watch.ts'
import { TicketDesk } from './ticket-desk.ts'

interface Visitor extends Prove {
  readonly tickets: TicketDesk
}

export class NodeConnection implements FrameLinkReceiver {
  /** Resolves when it has ended and no request of it is under way. */
  readonly ended: Promise<void>
  readonly #context: NodeContext
  readonly #link: FrameLink
  readonly #arrival: Arrival
  readonly #watch: StallWatch
  readonly #calls = new Map<number, AbortController>()
  readonly #bodies = new Map<number, IncomingBody>()
  readonly #allocations: Slots
  readonly #settleEnded: () => void
  #visitor: Visitor | undefined
  #closedFor: HoldfastError | undefined
  #lastId = 0
  #ticketsRefused = 0

  constructor(context: NodeContext, connection: Connection) {
    this.#context = context
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#settleEnded = resolve
    this.#allocations = new Slots(1, 2 * context.limits.connectionRequestsMax)
    this.#link = new FrameLink(connection, this, context.clock)
    this.#arrival = new Arrival(context, (type, payload) => this.#say(0, { type, payload }))
    this.#watch = this.#startWatch()
    this.#limitHandshake()
  }

  message(message: FrameMessage): void {
    this.#watch.active()
    if (this.#visitor === undefined) void this.#arrive(message)
    else if (message.type === frameTypes.cancel) this.#cancel(message.requestId)
    else this.#begin(message, this.#visitor)
  }

  body(requestId: number, piece: Uint8Array, ended: boolean): void {
    const body = this.#bodies.get(requestId)
    if (body === undefined) {
      throw new HoldfastError('MALFORMED', `Nothing expects a body of request ${requestId}`)
    }
    body.take(piece, ended)
    this.#watch.bodyBytes(piece.length)
    if (ended) this.#forgetBody(requestId)
  }

  closed(reason: HoldfastError): void {
    this.#closedFor = reason
    this.#watch.stop()
    this.#allocations.close(reason)
    for (const body of this.#bodies.values()) body.giveUp(reason)
    for (const call of this.#calls.values()) call.abort(reason)
    this.#context.logger.debug('connection ended', {
      address: this.#link.remoteAddress,
      code: reason.code,
      reason: reason.message,
    })
    if (this.#calls.size === 0) this.#settleEnded()
  }

  destroy(reason: HoldfastError): void {
    this.#link.destroy(reason)
  }

  #startWatch(): StallWatch {
    return new StallWatch({
      clock: this.#context.clock,
      limits: this.#context.limits,
      leavingSinceMs: () => this.#link.outbox.leavingSinceMs,
      isBusy: () => this.#calls.size > 0,
      end: (reason) => this.destroy(reason),
    })
  }

  #limitHandshake(): void {
    const { clock, limits: own } = this.#context
    const tooSlow = (): void => {
      if (this.#visitor) return
      const message = `The handshake took longer than ${own.handshakeMs} ms`
      this.destroy(new HoldfastError('TIMED_OUT', message))
    }
    clock.timer(own.handshakeMs, tooSlow, { background: true })
  }

  async #arrive(message: FrameMessage): Promise<void> {
    try {
      const opener = await this.#arrival.message(message)
      if (opener) this.#admit(opener)
    } catch (error) {
      this.#refuse(error)
    }
  }

  #admit(opener: Prove): void {
    const tickets = new TicketDesk(this.#context, opener.publicKey)
    this.#visitor = { ...opener, tickets }
    if (opener.role === 'coordinator') this.#link.messageBytesMax = limits.framePayloadBytesMax
  }

  /** What breaks the form gets no answer. */
  #refuse(error: unknown): void {
    const reason = this.#known(error)
    if (reason.code === 'MALFORMED') {
      this.destroy(reason)
      return
    }
    this.#answerError(0, reason)
    void this.#link.end(reason)
  }

  #begin(message: FrameMessage, visitor: Visitor): void {
    const { requestId, type } = message
    if (requestId <= this.#lastId) {
      throw new HoldfastError('MALFORMED', `Request ${requestId} comes after ${this.#lastId}`)
    }
    this.#lastId = requestId
    if (this.#link.outbox.waitingMessages > this.#most) {
      throw new HoldfastError('MALFORMED', 'The opener asks and does not listen')
    }
    if (type === frameTypes.ticket) this.#takeTicket(message, visitor)
    else this.#handle(message, visitor)
  }

  get #most(): number {
    return 2 * this.#context.limits.connectionRequestsMax
  }

  #takeTicket({ requestId, payload }: FrameMessage, visitor: Visitor): void {
    try {
      const ticket = visitor.tickets.present(payload.slice())
      this.#link.messageBytesMax = limits.framePayloadBytesMax
      const taken = (): void => this.#say(requestId, { type: frameTypes.done, payload: none })
      if (ticket.term <= this.#context.store.term) taken()
      else void this.#keepTerm(ticket.term).then(taken)
    } catch (error) {
      this.#ticketsRefused += 1
      if (this.#ticketsRefused > this.#context.limits.ticketTriesMax) throw error
      this.#answerError(requestId, error)
    }
  }

  /** The coordinator signed the ticket: its term is real. A disk that cannot be written can still be read. */
  async #keepTerm(term: number): Promise<void> {
    const { store, logger } = this.#context
    try {
      await store.raiseTerm(term)
    } catch (error) {
      logger.warn('term not kept', { term, reason: this.#known(error).message })
    }
  }

  #handle({ requestId, type, payload }: FrameMessage, visitor: Visitor): void {
    const handle = nodeHandlers.get(type)
    if (handle === undefined) {
      const message = `This node knows no request of type ${type}`
      this.#answerError(requestId, new HoldfastError('VERSION_UNSUPPORTED', message))
      return
    }
    if (Math.max(this.#calls.size, this.#bodies.size) >= this.#most) {
      throw new HoldfastError('MALFORMED', `More than ${this.#most} requests are under way`)
    }
    const controller = new AbortController()
    const call = this.#callOf(requestId, { visitor, signal: controller.signal })
    const answering = handle(call, payload)
    this.#calls.set(requestId, controller)
    void this.#answer(requestId, answering)
  }

  #callOf(
    requestId: number,
    { visitor, signal }: { readonly visitor: Visitor; readonly signal: AbortSignal },
  ): NodeCall {
    const { outbox } = this.#link
    return {
      context: this.#context,
      role: visitor.role,
      term: visitor.term,
      tickets: visitor.tickets,
      signal,
      expectBody: (body) => this.#expectBody(requestId, { body, signal }),
      allocate: (bodyBytes) => this.#allocate(bodyBytes, signal),
      say: (type, payload) => this.#say(requestId, { type, payload }),
      sendBody: async (bytes, last) => {
        signal.throwIfAborted()
        await outbox.sendBody(requestId, [bytes], { last })
      },
    }
  }

  #expectBody(
    requestId: number,
    { body, signal }: { readonly body: IncomingBody; readonly signal: AbortSignal },
  ): void {
    const reason = signal.aborted ? (signal.reason as Error) : this.#closedFor
    if (reason !== undefined) {
      body.giveUp(reason)
      return
    }
    this.#bodies.set(requestId, body)
    this.#watch.bodyOpened(requestId)
  }

  async #allocate(bodyBytes: number, signal: AbortSignal) {
    await this.#allocations.take(signal)
    try {
      return await this.#context.store.allocate(bodyBytes, { signal })
    } finally {
      this.#allocations.give()
    }
  }

  async #answer(requestId: number, answering: Promise<Answer>): Promise<void> {
    try {
      const answer = await answering
      if (answer && !this.#calls.get(requestId)!.signal.aborted) this.#say(requestId, answer)
    } catch (error) {
      if (!this.#calls.get(requestId)!.signal.aborted) this.#answerError(requestId, error)
    } finally {
      this.#calls.delete(requestId)
      this.#watch.active()
      if (this.#closedFor && this.#calls.size === 0) this.#settleEnded()
    }
  }

  #cancel(requestId: number): void {
    const reason = new HoldfastError('INTERRUPTED', 'The opener cancelled the request')
    this.#bodies.get(requestId)?.giveUp(reason)
    this.#forgetBody(requestId)
    this.#link.outbox.drop(requestId, reason)
    this.#calls.get(requestId)?.abort(reason)
  }

  #forgetBody(requestId: number): void {
    this.#bodies.delete(requestId)
    this.#watch.bodyClosed(requestId)
  }

  #say(requestId: number, message: { readonly type: number; readonly payload: Uint8Array }): void {
    this.#link.outbox.send({ requestId, ...message })
  }

  #answerError(requestId: number, error: unknown): void {
    const payload = encodeError(this.#known(error), limits.handshakeBytesMax)
    this.#say(requestId, { type: frameTypes.error, payload })
  }

  /** What is not ours is a defect or a strange disk: the log says what, the opener only that. */
  #known(error: unknown): HoldfastError {
    if (error instanceof HoldfastError) return error
    if (error instanceof AssertionError) throw error
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#context.logger.error('request failed', { reason })
    return new HoldfastError('INTERNAL', 'The node failed: see its log', { cause: error })
  }
}

const none = new Uint8Array(0)
