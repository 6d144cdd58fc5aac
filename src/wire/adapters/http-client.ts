/** Carries control requests over HTTP/1.1 on kept-alive connections (docs/control.md). */
import type { ConnectionOptions } from 'node:tls'
import { HoldfastError } from '../../base/errors.ts'
import type { ControlTransport } from '../transport.ts'

export interface HttpTransportOptions {
  /** `host:port`. */
  readonly address: string
  /** TLS with these; plain HTTP without. */
  readonly tls?: ConnectionOptions
}

export function createHttpTransport(_options: HttpTransportOptions): ControlTransport {
  throw new HoldfastError('INTERNAL', 'Not there yet')
}
