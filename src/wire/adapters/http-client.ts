/** Carries control requests over HTTP/1.1 on kept-alive connections (docs/control.md). */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { ControlHttpAnswer, ControlTransport } from '../transport.ts'
import { usableAddress } from './usable-address.ts'

/** Importing it as a module would load undici too, for names nobody asked for: 100 ms of every command. */
const http = process.getBuiltinModule('node:http')

export interface HttpTransportOptions {
  /** `host:port`. */
  readonly address: string
  /** Ed25519 public key of the coordinator: then TLS, and no byte is sent to anyone else. */
  readonly identity?: Uint8Array | undefined
}

export function createHttpTransport(options: HttpTransportOptions): ControlTransport {
  const { address, identity } = options
  const { host, port } = usableAddress(address)
  const agentOptions = { keepAlive: true, maxSockets: limits.controlClientConnectionsMax }
  const agent: Promise<Agent | HttpsAgent> = identity
    ? import('./pinned-agent.ts').then(({ pinnedAgent }) => pinnedAgent(agentOptions, identity))
    : Promise.resolve(new http.Agent(agentOptions))
  agent.catch(() => {})
  return {
    async send({ path, headers, body }, { timeoutMs, signal }) {
      signal?.throwIfAborted()
      const request = http.request({
        agent: await agent,
        protocol: identity ? 'https:' : 'http:',
        host,
        port,
        path,
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          'content-length': body.length,
        },
        ...(signal && { signal }),
      })
      const exchange = new Exchange(request, {
        address,
        timeoutMs,
        signal,
        isPlain: identity === undefined,
      })
      request.end(body)
      return exchange.answer
    },
    close() {
      void agent.then((made) => made.destroy())
    },
  }
}

/** A server that speaks TLS ends a connection that does not. */
const plainHint =
  'Run the command again. If this happens each time, the coordinator speaks TLS: set grid.tls to "always" here as it is there'

interface ExchangeOptions {
  readonly address: string
  readonly isPlain: boolean
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** One request and its answer: tells apart not reached, lost on the way, and too late. */
class Exchange {
  readonly answer: Promise<ControlHttpAnswer>
  readonly #request: ClientRequest
  readonly #options: ExchangeOptions
  readonly #timer: NodeJS.Timeout
  #connected = false
  #tooLate = false

  constructor(request: ClientRequest, options: ExchangeOptions) {
    this.#request = request
    this.#options = options
    this.#timer = setTimeout(() => this.#giveUp(), options.timeoutMs)
    this.#watchConnecting()
    this.answer = this.#settled()
  }

  async #settled(): Promise<ControlHttpAnswer> {
    try {
      return await receiveAnswer(await this.#response())
    } catch (error) {
      this.#request.destroy()
      throw this.#explain(error)
    } finally {
      clearTimeout(this.#timer)
    }
  }

  #response(): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      this.#request.once('response', resolve)
      this.#request.on('error', reject)
    })
  }

  #watchConnecting(): void {
    this.#request.once('socket', (socket) => {
      if (!socket.connecting) {
        this.#connected = true
        return
      }
      const patience = setTimeout(() => this.#request.destroy(), limits.connectMs)
      socket.once('connect', () => (this.#connected = true))
      socket.once('close', () => clearTimeout(patience))
      socket.once('connect', () => clearTimeout(patience))
    })
  }

  #giveUp(): void {
    this.#tooLate = true
    this.#request.destroy()
  }

  #explain(error: unknown): unknown {
    const { address, isPlain, signal, timeoutMs } = this.#options
    if (signal?.aborted) return signal.reason
    if (error instanceof HoldfastError) return error
    if (!this.#connected) {
      const what = `Cannot reach the coordinator at ${address}: ${reasonOf(error)}`
      return new HoldfastError('COORDINATOR_UNREACHABLE', what, { cause: error })
    }
    if (this.#tooLate) {
      const what = `The coordinator at ${address} did not answer within ${Math.ceil(timeoutMs)} ms`
      return new HoldfastError('TIMED_OUT', what)
    }
    const what = `The connection to the coordinator at ${address} was lost: ${reasonOf(error)}`
    const hint = isPlain ? { hint: plainHint } : {}
    return new HoldfastError('CONNECTION_LOST', what, { cause: error, ...hint })
  }
}

async function receiveAnswer(response: IncomingMessage): Promise<ControlHttpAnswer> {
  const blocks: Buffer[] = []
  let length = 0
  for await (const block of response as AsyncIterable<Buffer>) {
    length += block.length
    if (length > limits.controlAnswerBytesMax) {
      const what = `The coordinator's answer has more than ${limits.controlAnswerBytesMax} bytes`
      throw new HoldfastError('MALFORMED', what)
    }
    blocks.push(block)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (typeof value === 'string') headers[name] = value
  }
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(blocks) }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
