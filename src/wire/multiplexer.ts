/**
 * The opener's side of a connection: many requests under way, answers in any order.
 *
 * Invariants. 1. At most `requestsMax` requests are under way; more wait in order, at most
 * `connectionRequestsWaitingMax`. 2. A request's promise settles only when its memory is free again: no
 * block of its body is with the connection and no byte is written into `into` any more. 3. When the
 * connection ends, every request fails.
 */
import { assert } from '../base/assert.ts'
import { sleep } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { UnderWay } from './exchange.ts'
import type { Exchange, ExchangeAnswer } from './exchange.ts'
import type { FrameMessage } from './frame.ts'
import type { FrameLink } from './frame-link.ts'
import { frameTypes } from './frame-types.ts'
import { connectionLost } from './outbox.ts'
import type { RequestOptions } from './shard-requests.ts'
import { Slots } from './slots.ts'

interface Sending {
  /** Resolves when the blocks are free, sent or not. */
  readonly left: Promise<void>
  proceeded: boolean
  done: boolean
}

export class Multiplexer {
  readonly #link: FrameLink
  readonly #clock: Clock
  readonly #slots: Slots
  readonly #underWay = new Map<number, UnderWay>()
  readonly #sendings = new Map<UnderWay, Sending>()
  readonly #finishers = new Map<UnderWay, () => void>()
  #nextId = 1
  #receivedMs: number
  #closed: HoldfastError | undefined

  constructor(link: FrameLink, options: { readonly clock: Clock; readonly requestsMax: number }) {
    this.#link = link
    this.#clock = options.clock
    this.#slots = new Slots(options.requestsMax, limits.connectionRequestsWaitingMax)
    this.#receivedMs = options.clock.monotonicMs()
  }

  /** Asks, and resolves with the answer. Throws as ShardRequests says. */
  async request(exchange: Exchange, options: RequestOptions = {}): Promise<ExchangeAnswer> {
    const { signal, stallMs = limits.shardRequestMs } = options
    signal?.throwIfAborted()
    if (this.#closed) throw this.#closed
    await this.#slots.take(signal)
    try {
      signal?.throwIfAborted()
      if (this.#closed) throw this.#closed
      return await this.#exchange(exchange, { signal, stallMs })
    } finally {
      this.#slots.give()
    }
  }

  message(message: FrameMessage): void {
    this.#receivedMs = this.#clock.monotonicMs()
    this.#find(message.requestId)?.message(message)
  }

  body(requestId: number, piece: Uint8Array, ended: boolean): void {
    this.#receivedMs = this.#clock.monotonicMs()
    this.#find(requestId)?.body(piece, ended)
  }

  /** The connection ended. */
  close(reason: HoldfastError): void {
    this.#closed = reason
    this.#slots.close(reason)
    for (const request of this.#underWay.values()) request.settle(reason)
  }

  /** Undefined for one that was given up: its answer may still cross the cancel. */
  #find(requestId: number): UnderWay | undefined {
    if (requestId === 0 || requestId >= this.#nextId) {
      throw new HoldfastError('MALFORMED', `The node answered request ${requestId}, never asked`)
    }
    return this.#underWay.get(requestId)
  }

  async #exchange(
    exchange: Exchange,
    options: { readonly signal: AbortSignal | undefined; readonly stallMs: number },
  ): Promise<ExchangeAnswer> {
    const { signal, stallMs } = options
    const request = new UnderWay(this.#takeId(), exchange, {
      hooks: this.#hooks,
      clock: this.#clock,
      stallMs,
    })
    const answered = new Promise<void>((resolve) => this.#finishers.set(request, resolve))
    const abort = (): void => this.#giveUp(request, signal!.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    this.#begin(request)
    await answered
    signal?.removeEventListener('abort', abort)
    await this.#bodyFree(request)
    const { outcome } = request
    assert(outcome !== undefined, 'a finished request has an outcome')
    if (outcome instanceof Error) throw outcome
    return outcome
  }

  #begin(request: UnderWay): void {
    const { requestId, exchange } = request
    this.#underWay.set(requestId, request)
    this.#link.outbox.send({ requestId, type: exchange.type, payload: exchange.payload })
    if (exchange.body?.eager) this.#sendBody(request, false)
  }

  #sendBody(request: UnderWay, proceeded: boolean): void {
    const { requestId, exchange } = request
    const left = this.#link.outbox.sendBody(requestId, exchange.body!.blocks, {
      last: true,
      onProgress: () => request.advanced(),
    })
    const sending: Sending = { left: settledOf(left), proceeded, done: false }
    this.#sendings.set(request, sending)
    void sending.left.then(() => (sending.done = true))
  }

  readonly #hooks = {
    settled: (request: UnderWay): void => {
      this.#underWay.delete(request.requestId)
      this.#finishers.get(request)?.()
      this.#finishers.delete(request)
    },
    proceed: (request: UnderWay): void => {
      const before = this.#sendings.get(request)
      if (!request.exchange.body || before?.proceeded || before?.done === false) {
        throw new HoldfastError('MALFORMED', 'The node asked for a body out of turn')
      }
      this.#sendBody(request, true)
    },
    stalled: (request: UnderWay): void => {
      const { stallMs } = request
      this.#giveUp(
        request,
        new HoldfastError('TIMED_OUT', `The node did nothing for ${stallMs} ms`, {
          details: { stallMs },
        }),
      )
      const silentMs = this.#clock.monotonicMs() - this.#receivedMs
      if (silentMs >= stallMs) this.#link.destroy(connectionLost(request.outcome))
    },
  }

  #giveUp(request: UnderWay, reason: Error): void {
    if (request.outcome !== undefined) return
    this.#cancel(request, reason)
    request.settle(reason)
  }

  /** Says, once, that nothing more of this request is wanted or sent. */
  #cancel(request: UnderWay, reason: Error): void {
    if (request.cancelled) return
    request.cancelled = true
    const { requestId } = request
    this.#link.outbox.drop(requestId, reason)
    this.#link.outbox.send({ requestId, type: frameTypes.cancel, payload: none })
  }

  /** Waits until no block of the request's body is needed; one that does not leave ends the connection. */
  async #bodyFree(request: UnderWay): Promise<void> {
    const sending = this.#sendings.get(request)
    this.#sendings.delete(request)
    if (sending === undefined || sending.done) return
    this.#cancel(request, connectionLost())
    const patience = new AbortController()
    const tooLong = sleep(this.#clock, limits.bodyDropMs, { signal: patience.signal }).then(
      () => this.#link.destroy(connectionLost(request.outcome)),
      () => {},
    )
    await Promise.race([sending.left, tooLong])
    patience.abort()
    await sending.left
  }

  #takeId(): number {
    assert(this.#nextId < 0xffffffff, 'request ids of a connection last')
    this.#nextId += 1
    return this.#nextId - 1
  }
}

const none = new Uint8Array(0)

async function settledOf(promise: Promise<void>): Promise<void> {
  await Promise.allSettled([promise])
}
