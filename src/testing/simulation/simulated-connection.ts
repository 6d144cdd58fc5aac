import type { Connection } from '../../base/network.ts'

/** How one end's bytes travel to the other: made by the network. */
export interface Path {
  /** Brings a piece to the other end some time later, in order. */
  send(piece: Piece): void
  /** Runs soon, in an event of its own. */
  soon(run: () => void): void
  /** This end is closed. */
  closed(): void
}

export type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' }

/** Bytes that may be on the way or unread before a writer is held back. */
const windowBytes = 1024 * 1024
const pieceBytes = 64 * 1024

/**
 * One end of a simulated connection. Blocks that do not fit the window stay where they are and are copied when
 * they leave, so that a writer who changes them too early sends wrong bytes, as with a real socket.
 */
export class SimulatedConnection implements Connection {
  readonly remoteAddress: string
  readonly secure = false
  readonly #path: Path
  readonly #waiting: Uint8Array[] = []
  readonly #unread: Piece[] = []
  #onWayBytes = 0
  #receive: ((bytes: Uint8Array) => void) | undefined
  #closed: ((reason: Error | undefined) => void) | undefined
  #onDrained: (() => void)[] = []
  #state: 'open' | 'ending' | 'closed' = 'open'
  #isPaused = false
  #reason: Error | undefined

  constructor(remoteAddress: string, path: Path) {
    this.remoteAddress = remoteAddress
    this.#path = path
  }

  get isOpen(): boolean {
    return this.#state !== 'closed'
  }

  write(blocks: readonly Uint8Array[]): boolean {
    if (this.#state !== 'open') return true
    this.#waiting.push(...blocks.filter((block) => block.length > 0))
    this.#leave()
    return this.#waiting.length === 0
  }

  drained(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#onDrained.push(resolve))
  }

  onBytes(receive: (bytes: Uint8Array) => void): void {
    this.#receive = receive
    if (this.#unread.length > 0) this.#path.soon(() => this.#deliver())
  }

  onClose(closed: (reason: Error | undefined) => void): void {
    this.#closed = closed
    if (this.#state === 'closed') this.#path.soon(() => this.#sayClosed())
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    if (this.#unread.length > 0) this.#path.soon(() => this.#deliver())
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#leave()
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#path.send({ kind: 'reset' })
    this.#close(undefined)
  }

  /** The process at this end is gone: it neither hears nor says anything more. */
  kill(): void {
    this.#closed = undefined
    this.#receive = undefined
    this.#close(undefined)
  }

  /** The network broke it. */
  break(reason: Error): void {
    this.#close(reason)
  }

  /** A piece arrived from the other end. Gives how many bytes the reader has taken. */
  arrive(piece: Piece): void {
    if (this.#state === 'closed') return
    if (piece.kind === 'reset') {
      this.#close(new Error('Connection reset by the other side'))
      return
    }
    this.#unread.push(piece)
    this.#deliver()
  }

  /** The other end's reader took bytes. */
  acknowledged(count: number): void {
    this.#onWayBytes -= count
    this.#leave()
  }

  /** Called with what this end's reader took. */
  onTaken: (count: number) => void = () => {}

  #sayClosed(): void {
    const closed = this.#closed
    this.#closed = undefined
    closed?.(this.#reason)
  }

  #deliver(): void {
    while (!this.#isPaused && this.#receive && this.#state !== 'closed') {
      const piece = this.#unread.shift()
      if (piece === undefined) return
      if (piece.kind === 'bytes') {
        this.onTaken(piece.bytes.length)
        this.#receive(piece.bytes)
      } else this.#ended()
    }
  }

  /** Neither side stays half open. */
  #ended(): void {
    if (this.#state === 'open' && this.#waiting.length === 0) this.#path.send({ kind: 'end' })
    this.#close(undefined)
  }

  #leave(): void {
    while (this.#waiting.length > 0 && this.#onWayBytes < windowBytes) {
      const block = this.#waiting[0]!
      const bytes = block.slice(0, pieceBytes)
      if (bytes.length === block.length) this.#waiting.shift()
      else this.#waiting[0] = block.subarray(pieceBytes)
      this.#onWayBytes += bytes.length
      this.#path.send({ kind: 'bytes', bytes })
    }
    if (this.#waiting.length > 0) return
    for (const resolve of this.#onDrained.splice(0)) resolve()
    if (this.#state === 'ending') this.#path.send({ kind: 'end' })
  }

  #close(reason: Error | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#waiting.length = 0
    this.#unread.length = 0
    this.#reason = reason
    this.#path.soon(() => this.#sayClosed())
    this.#path.closed()
    for (const resolve of this.#onDrained.splice(0)) resolve()
  }
}
