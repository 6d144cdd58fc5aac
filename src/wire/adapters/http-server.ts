/** Serves a ControlHandler over HTTP/1.1, plain or TLS (docs/control.md). */
import type { TlsOptions } from 'node:tls'
import { HoldfastError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { ControlHandler } from '../transport.ts'

export interface HttpServerOptions {
  /** `host:port`, port 0 for any. */
  readonly address: string
  readonly tls?: TlsOptions
  readonly logger: Logger
}

export interface HttpServer {
  /** With the port that was really taken. */
  readonly address: string
  /** Stops listening; answers under way are finished for at most `limits.closeMs`. */
  close(): Promise<void>
}

/** PORT_IN_USE when something else listens there. */
export function serveHttp(
  _handler: ControlHandler,
  _options: HttpServerOptions,
): Promise<HttpServer> {
  return Promise.reject(new HoldfastError('INTERNAL', 'Not there yet'))
}
