import { parseAddress, type Address } from '../../base/address.ts'
import { HoldfastError } from '../../base/errors.ts'

/** `host:port` in its parts. Throws BAD_CONFIG when it is none. */
export function usableAddress(text: string): Address {
  const address = parseAddress(text)
  if (address !== undefined) return address
  throw new HoldfastError('BAD_CONFIG', `Cannot use the address "${text}": write HOST:PORT`)
}
