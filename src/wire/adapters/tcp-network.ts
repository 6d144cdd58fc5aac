import type { Network } from '../../base/network.ts'

export interface TcpNetworkOptions {
  /** 'off-loopback': TLS on any address but loopback. 'always': there too. */
  readonly tls: 'off-loopback' | 'always'
  /** Ed25519 seed of the listening side: needed where it listens with TLS. */
  readonly identitySeed?: Uint8Array
}

export function tcpNetwork(options: TcpNetworkOptions): Network {
  throw new Error('to be made', { cause: options })
}
