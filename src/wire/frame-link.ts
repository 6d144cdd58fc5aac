import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Connection } from '../base/network.ts'
import { FrameDecoder } from './frame.ts'
import type { FrameReceiver } from './frame.ts'
import { connectionLost, Outbox } from './outbox.ts'

export interface FrameLinkReceiver extends FrameReceiver {
  /** Once, after which nothing is received. `reason` is ours when we ended it or the other side broke a rule. */
  closed(reason: HoldfastError): void
}

/**
 * A connection as frames: decodes what comes, ends the connection when that breaks a rule (whatever HoldfastError the
 * receiver throws), and says once that it ended.
 */
export class FrameLink {
  readonly outbox: Outbox
  readonly #connection: Connection
  readonly #decoder: FrameDecoder
  readonly #receiver: FrameLinkReceiver
  #isClosed = false

  constructor(connection: Connection, receiver: FrameLinkReceiver, clock: Clock) {
    this.#connection = connection
    this.#receiver = receiver
    this.#decoder = new FrameDecoder(receiver)
    this.outbox = new Outbox(connection, clock)
    connection.onBytes((bytes) => this.#take(bytes))
    connection.onClose((reason) => this.destroy(connectionLost(reason)))
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  set messageBytesMax(bytes: number) {
    this.#decoder.messageBytesMax = bytes
  }

  /** Ends at once. */
  destroy(reason: HoldfastError): void {
    if (this.#isClosed) return
    this.#close()
    this.#connection.destroy()
    this.outbox.close(reason)
    this.#receiver.closed(reason)
  }

  /** Ends after what was said has left. */
  async end(reason: HoldfastError): Promise<void> {
    await this.outbox.emptied()
    if (this.#isClosed) return
    this.#close()
    this.#connection.end()
    this.outbox.close(reason)
    this.#receiver.closed(reason)
  }

  #close(): void {
    this.#isClosed = true
    this.#decoder.stop()
  }

  #take(bytes: Uint8Array): void {
    if (this.#isClosed) return
    try {
      this.#decoder.push(bytes)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
      this.destroy(error)
    }
  }
}
