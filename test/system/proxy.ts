/** A link that a test can spoil: everything between two programs goes through it. */
import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

export type Trouble =
  | { readonly kind: 'none' }
  /** Nothing comes through, and nobody is told. */
  | { readonly kind: 'hang'; readonly afterBytes: number }
  /** Connections end when so much came from the server on them. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Answers are lost with their connections: each so many-th piece that the server sends. */
  | { readonly kind: 'lose'; readonly every: number }
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** One bit changes in each so many bytes, in both directions. */
  | { readonly kind: 'flip'; readonly everyBytes: number }

interface Way {
  readonly from: Socket
  readonly to: Socket
  readonly link: { bytes: number }
  readonly isAnswer: boolean
}

export class Proxy {
  /** Where it leads; set before the first connection. */
  target = ''
  trouble: Trouble = { kind: 'none' }
  /** Bytes that came through, in both directions. */
  bytes = 0
  /** Of these, what came from those that connect. */
  askedBytes = 0
  /** What was handed on to those that connect. */
  answeredBytes = 0
  /** All of them, when asked for. */
  readonly recorded: Buffer[] = []
  isRecording = false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #pieces = 0

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(context: TestContext, host = '127.0.0.1'): Promise<Proxy> {
    const server = createServer()
    const proxy = new Proxy(server)
    server.on('connection', (client) => proxy.#join(client))
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    context.after(() => proxy.#close())
    return proxy
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `${address}:${port}`
  }

  /** Ends all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(client: Socket): void {
    const colon = this.target.lastIndexOf(':')
    const server = connect(Number(this.target.slice(colon + 1)), this.target.slice(0, colon))
    const link = { bytes: 0 }
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      from.on('end', () => to.end())
      from.on('data', (piece: Buffer) => {
        void this.#forward(piece, { from, to, link, isAnswer: from === server })
      })
    }
  }

  /** One piece at a time, so that a slow reader slows its writer. */
  async #forward(piece: Buffer, way: Way): Promise<void> {
    way.from.pause()
    if (await this.#pass(piece, way)) way.from.resume()
    else way.from.destroy()
  }

  /** Whether the connection goes on. */
  async #pass(piece: Buffer, way: Way): Promise<boolean> {
    const { trouble } = this
    const { to, link, isAnswer } = way
    link.bytes += piece.length
    this.bytes += piece.length
    if (!isAnswer) this.askedBytes += piece.length
    if (this.isRecording) this.recorded.push(Buffer.from(piece))
    if (trouble.kind === 'cut' && link.bytes > trouble.afterBytes) return false
    if (trouble.kind === 'lose' && isAnswer && this.#counts(trouble.every)) return false
    if (trouble.kind === 'flip') flip(piece, link.bytes, trouble.everyBytes)
    if (trouble.kind === 'delay') await wait(trouble.delayMs)
    while (this.trouble.kind === 'hang' && link.bytes > this.trouble.afterBytes) {
      await wait(20)
      if (to.destroyed) return false
    }
    if (to.destroyed) return false
    if (isAnswer) this.answeredBytes += piece.length
    if (!to.write(piece)) {
      await new Promise<void>((resolve) => {
        to.once('drain', resolve)
        to.once('close', resolve)
      })
    }
    return true
  }

  #counts(every: number): boolean {
    this.#pieces += 1
    return this.#pieces % every === 0
  }

  async #close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Changes a bit at each multiple of `everyBytes` of the stream, of which `piece` ends at `end`. */
function flip(piece: Buffer, end: number, everyBytes: number): void {
  const begin = end - piece.length
  for (let at = Math.ceil(begin / everyBytes) * everyBytes; at < end; at += everyBytes) {
    if (at > 0) piece[at - begin]! ^= 1 << (at % 8)
  }
}
