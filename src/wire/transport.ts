/**
 * A control request and its answer as they travel, before anything is known of HTTP: what the adapters over
 * node:http carry, and what the simulated world carries over its network.
 */
export interface ControlHttpRequest {
  /** Always POST. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Address of the other side, without port: for throttling. */
  readonly source: string
}

export interface ControlHttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** A pure function of the server: never throws. */
export type ControlHandler = (request: ControlHttpRequest) => Promise<ControlHttpAnswer>

/**
 * Carries one request to the coordinator. Throws COORDINATOR_UNREACHABLE, CONNECTION_LOST (it may have been
 * done) or TIMED_OUT; never retries. Several may be under way.
 */
export interface ControlTransport {
  send(
    request: Omit<ControlHttpRequest, 'source'>,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<ControlHttpAnswer>
  close(): void
}
