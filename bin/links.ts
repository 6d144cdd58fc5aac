/** Which links between programs are encrypted, by the setting `grid.tls`. */
import { isLoopback, parseAddress } from '../src/base/address.ts'
import type { Network } from '../src/base/network.ts'
import type { Settings } from '../src/config/schema.ts'
import { tcpNetwork } from '../src/wire/adapters/tcp-network.ts'

type Grid = Settings['grid']

/** Whether the link to, or at, this address is. */
export function needsTls(address: string, grid: Grid): boolean {
  return grid.tls === 'always' || !isLoopback(parseAddress(address)?.host ?? '')
}

/** The network to the nodes; `identitySeed` is for one who listens there. */
export function shardNetwork(grid: Grid, identitySeed?: Uint8Array): Network {
  const tls = grid.tls === 'always' ? 'always' : 'off-loopback'
  return tcpNetwork({ tls, ...(identitySeed && { identitySeed }) })
}
