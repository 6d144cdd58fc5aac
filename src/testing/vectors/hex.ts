import { toHex } from '../../base/bytes.ts'

export type Vector = string | number | boolean | undefined | readonly Vector[] | VectorFields
export interface VectorFields {
  readonly [name: string]: Vector
}

type Source = Uint8Array | Vector | readonly Source[] | { readonly [name: string]: Source }

/** The same values as plain JSON, bytes in hex; what is undefined is left out. */
export function inHex(value: Source): Vector {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return (value as readonly Source[]).map(inHex)
  if (typeof value !== 'object') return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, inHex(field)]))
}
