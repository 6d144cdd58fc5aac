/** The control protocol over the simulated network, in place of HTTP: the same requests, answers and failures. */
import { sleep, type Clock } from '../../base/clock.ts'
import { errorKinds, HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Connection, Listener, Network } from '../../base/network.ts'
import { protocolHeaders } from '../../wire/control-auth.ts'
import { encodeError } from '../../wire/control-codec.ts'
import type { ControlHandler, ControlHttpAnswer, ControlTransport } from '../../wire/transport.ts'
import {
  decodeAnswerFrame,
  decodeRequestFrame,
  encodeAnswerFrame,
  encodeRequestFrame,
  FrameReader,
  type SentRequest,
} from './control-frames.ts'

export interface SimulatedServerOptions {
  readonly network: Network
  readonly address: string
  readonly clock: Clock
}

/** Serves a handler at `address` of this network. Closing it waits for answers under way, as over HTTP. */
export async function serveSimulatedControl(
  handler: ControlHandler,
  { network, address, clock }: SimulatedServerOptions,
): Promise<Listener> {
  const underWay = new Set<Promise<void>>()
  let isClosing = false
  const listener = await network.listen(address, (connection) => {
    if (isClosing) return connection.destroy()
    const reader = new FrameReader()
    connection.onClose(() => {})
    connection.onBytes((bytes) => {
      const messages = reader.receive(bytes)
      if (typeof messages === 'string') return connection.destroy()
      for (const message of isClosing ? [] : messages) {
        const answering = answerTo(handler, connection, message)
        underWay.add(answering)
        void answering.then(() => underWay.delete(answering))
      }
    })
  })
  return {
    address: listener.address,
    async close() {
      isClosing = true
      const patience = sleep(clock, limits.controlCloseMs, { background: true })
      await Promise.race([Promise.all(underWay), patience])
      await listener.close()
    },
  }
}

async function answerTo(
  handler: ControlHandler,
  connection: Connection,
  message: Uint8Array,
): Promise<void> {
  const { exchange, request } = decodeRequestFrame(message)
  const source = connection.remoteAddress.split(':')[0] ?? ''
  const headers = protocolHeaders(request.headers)
  const answer = tooLarge(request) ?? (await handler({ ...request, headers, source }))
  connection.write([encodeAnswerFrame(exchange, answer)])
  await connection.drained()
}

/** The refusal of a body over the limit. */
function tooLarge({ body }: SentRequest): ControlHttpAnswer | undefined {
  if (body.length <= limits.controlBodyBytesMax) return undefined
  const what = `Cannot take a request of ${body.length} bytes: at most ${limits.controlBodyBytesMax}`
  const error = new HoldfastError('OVER_LIMIT', what)
  return { status: errorKinds.OVER_LIMIT.status, headers: {}, body: encodeError(error) }
}

export interface SimulatedTransportOptions {
  readonly network: Network
  readonly address: string
  readonly clock: Clock
}

/** One connection, made when it is first needed and again when it was lost. */
export class SimulatedControlTransport implements ControlTransport {
  readonly #options: SimulatedTransportOptions
  #link: Promise<ControlLink> | undefined

  constructor(options: SimulatedTransportOptions) {
    this.#options = options
  }

  async send(
    request: SentRequest,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ControlHttpAnswer> {
    signal?.throwIfAborted()
    const { clock } = this.#options
    const endMs = clock.monotonicMs() + timeoutMs
    const link = await this.#connectedBy(timeoutMs, signal)
    return link.ask(request, { timeoutMs: Math.max(0, endMs - clock.monotonicMs()), signal })
  }

  /** Others may go on waiting for it. */
  async #connectedBy(timeoutMs: number, signal: AbortSignal | undefined): Promise<ControlLink> {
    const { clock } = this.#options
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = clock.timer(timeoutMs, () => reject(this.#unreachable()))
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([this.#connected(), promise])
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }

  #unreachable(cause?: unknown): HoldfastError {
    const what = `Cannot reach the coordinator at ${this.#options.address}`
    return new HoldfastError('COORDINATOR_UNREACHABLE', what, { cause })
  }

  close(): void {
    this.#link?.then(
      (link) => link.destroy(),
      () => {},
    )
    this.#link = undefined
  }

  #connected(): Promise<ControlLink> {
    if (this.#link !== undefined) return this.#link
    const ended = (): void => {
      if (this.#link === link) this.#link = undefined
    }
    const link = this.#connect(ended)
    this.#link = link
    return link
  }

  async #connect(ended: () => void): Promise<ControlLink> {
    const { address, clock, network } = this.#options
    try {
      const connection = await network.connect(address, { timeoutMs: limits.connectMs })
      return new ControlLink(connection, { clock, ended })
    } catch (error) {
      this.#link = undefined
      throw this.#unreachable(error)
    }
  }
}

interface Waiting {
  readonly resolve: (answer: ControlHttpAnswer) => void
  readonly reject: (error: unknown) => void
}

class ControlLink {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #reader = new FrameReader()
  readonly #ended: () => void
  #lastExchange = 0
  /** Ends with what is under way. */
  #isLeft = false

  constructor(
    connection: Connection,
    { clock, ended }: { readonly clock: Clock; readonly ended: () => void },
  ) {
    this.#connection = connection
    this.#clock = clock
    this.#ended = ended
    connection.onBytes((bytes) => this.#receive(bytes))
    connection.onClose(() => {
      ended()
      const what = 'The connection to the coordinator was lost'
      this.#rejectAll(new HoldfastError('CONNECTION_LOST', what))
    })
  }

  ask(
    request: SentRequest,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<ControlHttpAnswer> {
    const exchange = (this.#lastExchange += 1)
    const { promise, resolve, reject } = Promise.withResolvers<ControlHttpAnswer>()
    const timer = this.#clock.timer(timeoutMs, () => {
      reject(
        new HoldfastError('TIMED_OUT', `The coordinator did not answer within ${timeoutMs} ms`),
      )
      // As over HTTP: the next request takes another connection, others under way keep theirs
      this.#ended()
      this.#isLeft = true
    })
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.set(exchange, { resolve, reject })
    this.#connection.write([encodeRequestFrame(exchange, request)])
    return promise.finally(() => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
      this.#waiting.delete(exchange)
      if (this.#isLeft && this.#waiting.size === 0) this.destroy()
    })
  }

  destroy(): void {
    this.#ended()
    this.#connection.destroy()
  }

  #receive(bytes: Uint8Array): void {
    const messages = this.#reader.receive(bytes)
    if (messages === 'broken') return this.destroy()
    if (messages === 'too-long') {
      const what = `The coordinator's answer has more than ${limits.controlAnswerBytesMax} bytes`
      this.#rejectAll(new HoldfastError('MALFORMED', what))
      return this.destroy()
    }
    for (const message of messages) {
      const { answer, exchange } = decodeAnswerFrame(message)
      this.#waiting.get(exchange)?.resolve(answer)
    }
  }

  #rejectAll(error: HoldfastError): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
