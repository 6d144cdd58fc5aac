/** Addresses as `host:port`, an IPv6 host in brackets. */
export interface Address {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

const hostName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/

/** Undefined when it is no address. Whether a host exists is not asked. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain = '', digits = ''] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535) return undefined
  if (bracketed !== undefined)
    return bracketed.includes(':') ? { host: bracketed, port } : undefined
  return hostName.test(plain) ? { host: plain, port } : undefined
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Whether nothing sent there leaves this machine. */
export function isLoopback(host: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(host) || host === '::1' || host === 'localhost'
}
