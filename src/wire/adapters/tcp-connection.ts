import { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection } from '../../base/network.ts'

const handleKey = '_handle'

type Receive = (bytes: Uint8Array) => void

/** What a socket delivers to before it is known who receives: one object for each socket. */
export class SocketReader {
  receive: Receive = () => {}
}

/** A connection over a socket that has connected. Reads nothing before `onBytes` is called. */
export class TcpConnection implements Connection {
  readonly remoteAddress: string
  readonly secure: boolean
  readonly #socket: Socket
  readonly #reader: SocketReader | undefined
  #reason: Error | undefined
  #left: Promise<void> = Promise.resolve()

  /** With a `reader` the socket delivers to that, otherwise by its 'data' events. */
  constructor(socket: Socket | TLSSocket, options: SocketOrigin) {
    this.#socket = socket
    this.#reader = options.reader
    this.secure = options.secure
    this.remoteAddress = options.remoteAddress
    socket.setNoDelay(true)
    socket.on('error', (error) => {
      this.#reason ??= error
    })
  }

  write(blocks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (blocks.length === 0 || socket.destroyed || socket.writableEnded) return true
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.cork()
    const last = blocks.length - 1
    for (let at = 0; at < last; at += 1) socket.write(blocks[at]!)
    socket.write(blocks[last]!, () => resolve())
    socket.uncork()
    if (socket.writableLength === 0) return true
    this.#left = promise
    return false
  }

  drained(): Promise<void> {
    return this.#left
  }

  onBytes(receive: Receive): void {
    if (this.#reader) this.#reader.receive = receive
    else this.#socket.on('data', receive)
    this.#socket.resume()
  }

  onClose(closed: (reason: Error | undefined) => void): void {
    this.#socket.once('close', () => closed(this.#reason))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

export interface SocketOrigin {
  readonly reader?: SocketReader | undefined
  readonly secure: boolean
  readonly remoteAddress: string
}

/**
 * An accepted socket that reads into `buffer` instead of new memory for each read, which costs half of the
 * processor time (docs/benchmarks.md). `net.Server` has no option for that, so its socket's handle is given
 * to a socket that has.
 */
export function rereading(
  accepted: Socket,
  options: { readonly buffer: Uint8Array; readonly reader: SocketReader },
): Socket | undefined {
  const holder = accepted as unknown as Record<string, unknown>
  const handle = holder[handleKey]
  if (!handle) return undefined
  holder[handleKey] = null
  accepted.destroy()
  const made = { handle, manualStart: true, onread: onRead(options) }
  return new Socket(made as unknown as ConstructorParameters<typeof Socket>[0])
}

export function onRead({
  buffer,
  reader,
}: {
  readonly buffer: Uint8Array
  readonly reader: SocketReader
}) {
  return {
    buffer,
    callback(count: number, bytes: Uint8Array): boolean {
      reader.receive(bytes.subarray(0, count))
      return true
    },
  }
}
