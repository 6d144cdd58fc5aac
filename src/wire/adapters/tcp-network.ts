/**
 * The network of programs: TCP, with TLS 1.3 where bytes leave the machine. Both sides follow one rule
 * without talking: the address connected to is loopback, or it is not.
 */
import { createServer, connect as connectTcp } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect as connectTls, createSecureContext, TLSSocket } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { formatAddress, isLoopback, parseAddress } from '../../base/address.ts'
import type { Address } from '../../base/address.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Connection, ConnectOptions, Listener, Network } from '../../base/network.ts'
import { onRead, rereading, SocketReader, TcpConnection } from './tcp-connection.ts'
import { checkPinnedIdentity, pinnedTlsOptions, tlsServerOptions } from './tls.ts'

export interface TcpNetworkOptions {
  /** 'off-loopback': TLS on any address but loopback. 'always': there too. */
  readonly tls: 'off-loopback' | 'always'
  /** Ed25519 seed of the listening side: needed where it listens with TLS. */
  readonly identitySeed?: Uint8Array
}

export function tcpNetwork(options: TcpNetworkOptions): Network {
  return new TcpNetwork(options)
}

class TcpNetwork implements Network {
  readonly #options: TcpNetworkOptions
  /** One for all sockets: a read and its callback are one step. Not so on Windows, where reads overlap. */
  readonly #buffer: Uint8Array | undefined =
    process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(limits.socketReadBytes)
  #context: SecureContext | undefined

  constructor(options: TcpNetworkOptions) {
    this.#options = options
  }

  async connect(address: string, options: ConnectOptions): Promise<Connection> {
    const { host, port } = addressOf(address)
    if (this.#usesTls(host)) return await connectSecure({ host, port }, options)
    return await this.#connectPlain({ host, port }, options)
  }

  async listen(address: string, accept: (connection: Connection) => void): Promise<Listener> {
    const { host, port } = addressOf(address)
    const sockets = new Set<Socket>()
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      if (sockets.size >= limits.connectionsMax + limits.connectionsOpeningMax) socket.destroy()
      else this.#accept(socket, { accept, sockets })
    })
    await listening(server, { host, port })
    return {
      address: formatAddress({ host, port: (server.address() as AddressInfo).port }),
      close: () => closing(server, sockets),
    }
  }

  #usesTls(host: string): boolean {
    return this.#options.tls === 'always' || !isLoopback(host)
  }

  #connectPlain(to: Address, options: ConnectOptions): Promise<Connection> {
    const buffer = this.#buffer
    const reader = buffer && new SocketReader()
    const onread = buffer && reader && onRead({ buffer, reader })
    const socket = connectTcp(onread ? { ...to, onread } : { ...to })
    return connecting(socket, { to, options, event: 'connect' }, () => {
      socket.pause()
      return new TcpConnection(socket, {
        reader,
        secure: false,
        remoteAddress: formatAddress(to),
      })
    })
  }

  #accept(accepted: Socket, server: Accepting): void {
    const remoteAddress = formatAddress({
      host: accepted.remoteAddress ?? '',
      port: accepted.remotePort ?? 0,
    })
    const local = accepted.localAddress?.replace(/^::ffff:/, '') ?? ''
    if (this.#usesTls(local)) this.#acceptSecure(accepted, { ...server, remoteAddress })
    else this.#acceptPlain(accepted, { ...server, remoteAddress })
  }

  #acceptPlain(accepted: Socket, server: Accepting & { readonly remoteAddress: string }): void {
    const buffer = this.#buffer
    const reader = buffer && new SocketReader()
    const socket = (buffer && reader && rereading(accepted, { buffer, reader })) ?? accepted
    track(server.sockets, socket)
    server.accept(
      new TcpConnection(socket, {
        reader: socket === accepted ? undefined : reader,
        secure: false,
        remoteAddress: server.remoteAddress,
      }),
    )
  }

  #acceptSecure(accepted: Socket, server: Accepting & { readonly remoteAddress: string }): void {
    const socket = new TLSSocket(accepted, { isServer: true, secureContext: this.#secureContext() })
    track(server.sockets, socket)
    const timer = setTimeout(() => socket.destroy(), limits.handshakeMs)
    socket.on('error', ignore)
    socket.once('close', () => clearTimeout(timer))
    socket.once('secure', () => {
      clearTimeout(timer)
      const { remoteAddress } = server
      server.accept(new TcpConnection(socket, { secure: true, remoteAddress }))
    })
  }

  #secureContext(): SecureContext {
    const { identitySeed } = this.#options
    if (identitySeed === undefined) {
      throw new HoldfastError('INTERNAL', 'Listening with TLS needs an identity')
    }
    this.#context ??= createSecureContext(tlsServerOptions(identitySeed))
    return this.#context
  }
}

interface Accepting {
  readonly accept: (connection: Connection) => void
  readonly sockets: Set<Socket>
}

interface Connecting {
  readonly to: Address
  readonly options: ConnectOptions
  readonly event: 'connect' | 'secureConnect'
}

function connectSecure(to: Address, options: ConnectOptions): Promise<Connection> {
  const socket = connectTls({ ...to, ...pinnedTlsOptions })
  return connecting(socket, { to, options, event: 'secureConnect' }, () => {
    if (options.identity) checkPinnedIdentity(socket, options.identity)
    return new TcpConnection(socket, { secure: true, remoteAddress: formatAddress(to) })
  })
}

/** Waits for the event; the socket is destroyed when that does not come to be. */
function connecting(
  socket: Socket,
  { to, options, event }: Connecting,
  made: () => Connection,
): Promise<Connection> {
  const { signal, timeoutMs } = options
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(unreachable(to, `no answer for ${timeoutMs} ms`)),
      timeoutMs,
    )
    const abort = (): void => fail(signal!.reason as Error)
    const error = (cause: Error): void => fail(unreachable(to, cause.message, cause))
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.off('error', error)
    }
    const fail = (reason: Error): void => {
      done()
      socket.on('error', ignore)
      socket.destroy()
      reject(reason)
    }
    const open = (): void => {
      done()
      try {
        resolve(made())
      } catch (reason) {
        fail(reason as Error)
      }
    }
    socket.once('error', error)
    socket.once(event, open)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted) abort()
  })
}

function listening(server: Server, at: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const why = taken ? 'something else listens there' : cause.message
      const message = `Cannot listen at ${formatAddress(at)}: ${why}`
      reject(new HoldfastError(taken ? 'PORT_IN_USE' : 'BAD_CONFIG', message, { cause }))
    })
    server.listen({ ...at, backlog: limits.connectionsOpeningMax }, resolve)
  })
}

function closing(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy()
  return new Promise((resolve) => server.close(() => resolve()))
}

function track(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
}

function addressOf(text: string): Address {
  const address = parseAddress(text)
  if (address) return address
  throw new HoldfastError('BAD_CONFIG', `"${text}" is no address: host:port is wanted`)
}

function unreachable(to: Address, why: string, cause?: Error): HoldfastError {
  const address = formatAddress(to)
  return new HoldfastError('NODE_UNREACHABLE', `Cannot connect to ${address}: ${why}`, {
    ...(cause && { cause }),
    details: { address },
  })
}

/** What follows is a 'close', which says enough. */
function ignore(): void {}
