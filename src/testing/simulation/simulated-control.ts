/** The control protocol over the simulated network, in place of HTTP: the same requests, answers and failures. */
import type { Clock } from '../../base/clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Connection, Listener, Network } from '../../base/network.ts'
import type { ControlHandler, ControlHttpAnswer, ControlTransport } from '../../wire/transport.ts'
import {
  decodeAnswerFrame,
  decodeRequestFrame,
  encodeAnswerFrame,
  encodeRequestFrame,
  FrameReader,
  type SentRequest,
} from './control-frames.ts'

/** Serves a handler at `address` of this network. */
export function serveSimulatedControl(
  handler: ControlHandler,
  { network, address }: { readonly network: Network; readonly address: string },
): Promise<Listener> {
  return network.listen(address, (connection) => {
    const reader = new FrameReader()
    const source = connection.remoteAddress.split(':')[0] ?? ''
    const answer = async (message: Uint8Array): Promise<void> => {
      const { exchange, request } = decodeRequestFrame(message)
      const given = await handler({ ...request, source })
      connection.write([encodeAnswerFrame(exchange, given)])
    }
    connection.onClose(() => {})
    connection.onBytes((bytes) => {
      const messages = reader.receive(bytes)
      if (messages === 'broken') connection.destroy()
      else for (const message of messages) void answer(message)
    })
  })
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
    const link = await this.#connected()
    return link.ask(request, { timeoutMs, signal })
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
      const what = `Cannot reach the coordinator at ${address}`
      throw new HoldfastError('COORDINATOR_UNREACHABLE', what, { cause: error })
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
      const lost = new HoldfastError(
        'CONNECTION_LOST',
        'The connection to the coordinator was lost',
      )
      for (const { reject } of this.#waiting.values()) reject(lost)
      this.#waiting.clear()
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
      // As over HTTP: the next request takes another connection
      this.destroy()
    })
    const abort = (): void => reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.#waiting.set(exchange, { resolve, reject })
    this.#connection.write([encodeRequestFrame(exchange, request)])
    return promise.finally(() => {
      timer.cancel()
      signal?.removeEventListener('abort', abort)
      this.#waiting.delete(exchange)
    })
  }

  destroy(): void {
    this.#ended()
    this.#connection.destroy()
  }

  #receive(bytes: Uint8Array): void {
    const messages = this.#reader.receive(bytes)
    if (messages === 'broken') return this.destroy()
    for (const message of messages) {
      const { answer, exchange } = decodeAnswerFrame(message)
      this.#waiting.get(exchange)?.resolve(answer)
    }
  }
}
