/**
 * Connections that carry bytes in order, as TCP and TLS do, behind one interface, so that a simulated
 * network can cut, delay and flip them.
 */
export interface Network {
  /**
   * Resolves when connected (and, with an identity on a link that is TLS, when the other side proved it).
   * Throws NODE_UNREACHABLE, IDENTITY_MISMATCH, or the signal's reason.
   */
  connect(address: string, options: ConnectOptions): Promise<Connection>
  /**
   * Listens at `address` (`host:port`, port 0 for any). Throws PORT_IN_USE when something else does,
   * BAD_CONFIG when this host has no such address.
   */
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener>
}

export interface ConnectOptions {
  readonly timeoutMs: number
  /** Ed25519 public key the other side must prove when the link is TLS. */
  readonly identity?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Listener {
  /** With the port that was really taken. */
  readonly address: string
  /** Stops listening and destroys what is connected. */
  close(): Promise<void>
}

export interface Connection {
  /** `host:port` of the other end. */
  readonly remoteAddress: string
  /** Whether the link itself is encrypted and its other end proven. */
  readonly secure: boolean
  /**
   * Hands over blocks, in order. True: they have left this process's memory and may be reused at once.
   * False: they must not change, and nothing more should be written, until `drained()` resolves.
   * Harmless on a connection that is closed.
   */
  write(blocks: readonly Uint8Array[]): boolean
  /** Resolves when all that was written has left this process's memory, or the connection is closed. */
  drained(): Promise<void>
  /**
   * The one receiver of bytes; nothing is delivered before it is set. The view is valid only during the call,
   * which must not throw. After `pause()` no further call begins until `resume()`.
   */
  onBytes(receive: (bytes: Uint8Array) => void): void
  /** Called once, with the reason when it was not a polite end by either side. Set in the turn of connect or accept. */
  onClose(closed: (reason: Error | undefined) => void): void
  /** Stops and resumes delivery: what backpressure is made of. */
  pause(): void
  resume(): void
  /** Ends politely after what is queued was sent. */
  end(): void
  /** Ends at once. */
  destroy(): void
}
