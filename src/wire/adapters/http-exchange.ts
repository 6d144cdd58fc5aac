/** One HTTP request at the server: received within limits, handled, answered. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorKinds, HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Logger } from '../../base/logger.ts'
import { protocolHeaders } from '../control-auth.ts'
import { encodeError } from '../control-codec.ts'
import type { ControlHandler, ControlHttpAnswer } from '../transport.ts'
import type { ReceiveBudget } from './receive-budget.ts'

export interface HttpExchangeOptions {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handler: ControlHandler
  readonly budget: ReceiveBudget
  readonly logger: Logger
}

const healthy = { status: 200, headers: {}, body: Buffer.from('{"ok":true}') }

export class HttpExchange {
  readonly #options: HttpExchangeOptions
  #takenBytes = 0

  constructor(options: HttpExchangeOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async run(): Promise<void> {
    const { request, response, budget, logger } = this.#options
    try {
      const answer = await this.#answer()
      if (answer) send(response, answer)
    } catch (error) {
      if (error instanceof HoldfastError) return refuse(response, error)
      // The sender left, or was too slow; anything else is a defect worth a line.
      if (!request.destroyed) logger.error('control request failed', { reason: String(error) })
      request.destroy()
    } finally {
      budget.give(this.#takenBytes)
    }
  }

  async #answer(): Promise<ControlHttpAnswer | undefined> {
    const { request, handler } = this.#options
    if (request.method === 'GET' && request.url === '/health') return healthy
    if (request.method !== 'POST') {
      throw new HoldfastError('NOT_FOUND', `Cannot answer ${request.method}: only POST is known`)
    }
    const body = await this.#receive(announcedBytes(request))
    const source = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '')
    return handler({
      path: request.url ?? '',
      headers: protocolHeaders(request.headers),
      body,
      source,
    })
  }

  async #receive(wantedBytes: number): Promise<Uint8Array> {
    const { request, budget } = this.#options
    const free = wantedBytes <= limits.controlFreeBodyBytes
    const blocks: Buffer[] = []
    for await (const block of request as AsyncIterable<Buffer>) {
      if (!free) {
        if (!budget.take(block.length)) {
          throw new HoldfastError(
            'BUSY',
            'Cannot take the request: too many large ones are under way',
          )
        }
        this.#takenBytes += block.length
      }
      blocks.push(block)
    }
    return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks)
  }
}

/** From the header, which node:http holds the sender to. */
function announcedBytes(request: IncomingMessage): number {
  const text = request.headers['content-length']
  if (text === undefined || !/^\d{1,12}$/.test(text)) {
    throw new HoldfastError('MALFORMED', 'Cannot take a request without content-length')
  }
  const bytes = Number(text)
  if (bytes > limits.controlBodyBytesMax) {
    const what = `Cannot take a request of ${bytes} bytes: at most ${limits.controlBodyBytesMax}`
    throw new HoldfastError('OVER_LIMIT', what)
  }
  return bytes
}

function send(response: ServerResponse, answer: ControlHttpAnswer): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    'content-type': 'application/json',
    'content-length': answer.body.length,
    'cache-control': 'no-store',
  })
  response.end(answer.body)
}

/** What is left of the body is not read: the connection ends. */
function refuse(response: ServerResponse, error: HoldfastError): void {
  response.once('finish', () => response.req.destroy())
  const { status } = errorKinds[error.code]
  send(response, { status, headers: { connection: 'close' }, body: encodeError(error) })
}
