import type { Clock, Timer } from '../base/clock.ts'
import { copyInto } from '../base/copy.ts'
import { HoldfastError } from '../base/errors.ts'
import type { FrameMessage } from './frame.ts'
import { frameTypes } from './frame-types.ts'
import { decodeError } from './answers.ts'

/** A request and what its answer is made of. */
export interface Exchange {
  readonly type: number
  readonly payload: Uint8Array
  /** Body to send, with whether it follows at once or waits for `proceed`. */
  readonly body?: { readonly blocks: readonly Uint8Array[]; readonly eager: boolean }
  /** Type of the message that answers; undefined when a body alone does. */
  readonly answer: number | undefined
  /** Takes the answer's body; undefined when it has none. */
  readonly into?: Uint8Array
  /** Whether the body may be shorter than `into`. */
  readonly shorter?: boolean
}

export interface ExchangeAnswer {
  readonly payload: Uint8Array
  /** Of the answer's body. */
  readonly bodyBytes: number
}

export interface UnderWayHooks {
  /** The answer or the failure is there, once. */
  settled(request: UnderWay): void
  /** The node wants the body. Throws MALFORMED when it may not. */
  proceed(request: UnderWay): void
  /** Nothing came for `stallMs`. */
  stalled(request: UnderWay): void
}

/** One request under way on the opener's side: gathers its answer, and watches that it advances. */
export class UnderWay {
  readonly requestId: number
  readonly exchange: Exchange
  outcome: ExchangeAnswer | Error | undefined
  cancelled = false
  readonly #hooks: UnderWayHooks
  readonly #clock: Clock
  readonly #stallMs: number
  #timer: Timer
  #advancedMs: number
  #payload: Uint8Array | undefined
  #bodyBytes = 0
  #bodyEnded: boolean

  constructor(
    requestId: number,
    exchange: Exchange,
    options: { readonly hooks: UnderWayHooks; readonly clock: Clock; readonly stallMs: number },
  ) {
    this.requestId = requestId
    this.exchange = exchange
    this.#hooks = options.hooks
    this.#clock = options.clock
    this.#stallMs = options.stallMs
    this.#bodyEnded = exchange.into === undefined
    this.#payload = exchange.answer === undefined ? none : undefined
    this.#advancedMs = this.#clock.monotonicMs()
    this.#timer = this.#watch(this.#stallMs)
  }

  get stallMs(): number {
    return this.#stallMs
  }

  advanced(): void {
    this.#advancedMs = this.#clock.monotonicMs()
  }

  /** A message of this request. Throws MALFORMED when it is none it may get. */
  message(message: FrameMessage): void {
    this.advanced()
    if (message.type === frameTypes.error) this.settle(decodeError(message.payload))
    else if (message.type === frameTypes.proceed) this.#hooks.proceed(this)
    else if (message.type === this.exchange.answer && this.#payload === undefined) {
      this.#payload = message.payload
      this.#settleWhenComplete()
    } else throw unexpected(`message of type ${message.type}`)
  }

  /** Copies into the caller's memory. Throws MALFORMED when it is more or less than was asked for. */
  body(piece: Uint8Array, ended: boolean): void {
    this.advanced()
    const { into, shorter } = this.exchange
    if (into === undefined || this.#bodyEnded || this.#payload === undefined) {
      throw unexpected('body')
    }
    if (this.#bodyBytes + piece.length > into.length) throw unexpected('byte behind the end')
    copyInto(into, this.#bodyBytes, piece)
    this.#bodyBytes += piece.length
    if (!ended) return
    if (this.#bodyBytes < into.length && shorter !== true) throw unexpected('early end of a body')
    this.#bodyEnded = true
    this.#settleWhenComplete()
  }

  settle(outcome: ExchangeAnswer | Error): void {
    if (this.outcome !== undefined) return
    this.outcome = outcome
    this.#timer.cancel()
    this.#hooks.settled(this)
  }

  #settleWhenComplete(): void {
    if (this.#bodyEnded && this.#payload !== undefined) {
      this.settle({ payload: this.#payload, bodyBytes: this.#bodyBytes })
    }
  }

  #watch(delayMs: number): Timer {
    return this.#clock.timer(delayMs, () => {
      const restMs = this.#advancedMs + this.#stallMs - this.#clock.monotonicMs()
      if (restMs > 0) this.#timer = this.#watch(restMs)
      else this.#hooks.stalled(this)
    })
  }
}

const none = new Uint8Array(0)

function unexpected(what: string): HoldfastError {
  return new HoldfastError('MALFORMED', `The node sent an unexpected ${what}`)
}
