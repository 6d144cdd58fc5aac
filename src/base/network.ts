/**
 * Connections that carry bytes in order, as TCP and TLS do, behind one interface, so that a simulated
 * network can cut, delay and flip them.
 */
export interface Network {
  /** Resolves when connected (and, with an identity, when the other side proved it). NODE_UNREACHABLE otherwise. */
  connect(address: string, options: ConnectOptions): Promise<Connection>
  /** Listens at `address` (`host:port`, port 0 for any). PORT_IN_USE when something else does. */
  listen(address: string, accept: (connection: Connection) => void): Promise<Listener>
}

export interface ConnectOptions {
  readonly timeoutMs: number
  /** Ed25519 public key the other side must prove when the link is TLS. */
  readonly identity?: Uint8Array
  readonly signal?: AbortSignal
}

export interface Listener {
  /** With the port that was really taken. */
  readonly address: string
  /** Stops listening and destroys what is connected. */
  close(): Promise<void>
}

export interface Connection {
  readonly remoteAddress: string
  /** Whether the link itself is encrypted and its other end proven. */
  readonly secure: boolean
  /**
   * Queues bytes; they must not change until `written` of a later `drained` says so or the connection is
   * closed. Returns false when more than the link's high-water mark waits: then await `drained()`.
   */
  write(blocks: readonly Uint8Array[]): boolean
  /** Resolves when what was queued has left this process's memory, or the connection is closed. */
  drained(): Promise<void>
  /**
   * The one receiver of bytes. The view is valid only during the call. Set once, before anything arrives
   * (in the same turn as connect/accept).
   */
  onBytes(receive: (bytes: Uint8Array) => void): void
  /** Called once, with the reason when it was not a polite end. */
  onClose(closed: (reason: Error | undefined) => void): void
  /** Stops and resumes delivery: what backpressure is made of. */
  pause(): void
  resume(): void
  /** Ends politely after what is queued was sent. */
  end(): void
  /** Ends at once. */
  destroy(): void
}
