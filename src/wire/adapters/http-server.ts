/** Serves a ControlHandler over HTTP/1.1, plain or TLS (docs/control.md). */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Duplex } from 'node:stream'
import { formatAddress } from '../../base/address.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Logger } from '../../base/logger.ts'
import type { ControlHandler } from '../transport.ts'
import { ConnectionCounts } from './connection-counts.ts'
import { HttpExchange } from './http-exchange.ts'
import { ReceiveBudget } from './receive-budget.ts'
import { usableAddress } from './usable-address.ts'

/** Not as a module: that would load undici too, for names nobody asked for. */
const http = process.getBuiltinModule('node:http')

export interface HttpServerOptions {
  /** `host:port`, port 0 for any. */
  readonly address: string
  /** TLS with these (`tlsServerOptions`); plain HTTP without. */
  readonly tls?: SecureContextOptions | undefined
  readonly logger: Logger
}

export interface HttpServer {
  /** With the port that was really taken. */
  readonly address: string
  /** Stops listening; answers under way are finished for at most `controlCloseMs`. */
  close(): Promise<void>
}

const httpOptions = {
  maxHeaderSize: limits.controlHeaderBytesMax,
  headersTimeout: limits.handshakeMs,
  requestTimeout: limits.controlReceiveMs,
  keepAliveTimeout: limits.controlIdleMs,
  connectionsCheckingInterval: 1000,
  noDelay: true,
}

/** PORT_IN_USE when something else listens there. */
export async function serveHttp(
  handler: ControlHandler,
  options: HttpServerOptions,
): Promise<HttpServer> {
  const { logger } = options
  const server = await makeServer(options)
  const budget = new ReceiveBudget(limits.controlReceiveBytesMax)
  const counts = new ConnectionCounts(limits.controlConnectionsPerAddressMax)
  const busy = new WeakSet<Socket>()
  server.maxConnections = limits.controlConnectionsMax
  server.on('connection', (socket: Socket) => {
    if (!counts.take(socket)) logger.debug('control connection refused: too many of one address')
  })
  server.on('clientError', (error, socket) => refuseGarbage(socket, error))
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (busy.has(request.socket)) {
      // A second request before the first was answered: pipelining is nothing our clients do.
      request.socket.destroy()
      return
    }
    busy.add(request.socket)
    response.once('close', () => {
      busy.delete(request.socket)
      // Closing, nobody waits for what this connection could be asked next
      if (!server.listening) server.closeIdleConnections()
    })
    void new HttpExchange({ request, response, handler, budget, logger }).run()
  })
  const address = await listen(server, options.address)
  logger.info('control server listens', { address })
  return { address, close: () => close(server) }
}

async function makeServer(options: HttpServerOptions): Promise<Server> {
  if (options.tls === undefined) return http.createServer(httpOptions)
  const https = await import('node:https')
  const tls = { ...options.tls, handshakeTimeout: limits.handshakeMs }
  return https.createServer({ ...httpOptions, ...tls })
}

function listen(server: Server, address: string): Promise<string> {
  const { host, port } = usableAddress(address)
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, address)))
    server.listen({ host, port, backlog: 1024 }, () => {
      const { port: taken } = server.address() as AddressInfo
      resolve(formatAddress({ host, port: taken }))
    })
  })
}

function explain(error: NodeJS.ErrnoException, address: string): Error {
  if (error.code !== 'EADDRINUSE') return error
  const what = `Cannot listen at ${address}: another program uses this port`
  return new HoldfastError('PORT_IN_USE', what, { cause: error, details: { address } })
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const patience = setTimeout(() => server.closeAllConnections(), limits.controlCloseMs)
  await closed
  clearTimeout(patience)
}

/** What is no HTTP, has too large a header, or came too slowly. */
function refuseGarbage(socket: Duplex, error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = statusOfGarbage(error.code)
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  )
}

function statusOfGarbage(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
}
