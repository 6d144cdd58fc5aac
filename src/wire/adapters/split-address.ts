/** `host:port` in its parts, an IPv6 host in brackets. Throws BAD_CONFIG when it is none. */
import { HoldfastError } from '../../base/errors.ts'

export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3])
  if (host === undefined || port > 65_535) {
    throw new HoldfastError('BAD_CONFIG', `Cannot use the address "${address}": write HOST:PORT`)
  }
  return { host, port }
}

export function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
