import { ByteWriter } from '../base/encoding.ts'
import { label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes, idBytes, sized } from './sized.ts'

const feedLabel = label('feed')
const statementLabel = label('statement')

/** h(0) of a vault's feed. */
export function firstFeedHash(primitives: Primitives, vault: Uint8Array): Uint8Array {
  return labelledHash(primitives, feedLabel, sized(vault, idBytes, 'a vault id'))
}

/** h(n) from h(n - 1): `statement` is the bytes that were signed. */
export function nextFeedHash(
  primitives: Primitives,
  previous: Uint8Array,
  commit: { readonly n: number; readonly statement: Uint8Array },
): Uint8Array {
  const n = new ByteWriter(8).u64(commit.n).finish()
  const statementHash = labelledHash(primitives, statementLabel, commit.statement)
  const h = sized(previous, hashBytes, 'a feed hash')
  return labelledHash(primitives, feedLabel, h, n, statementHash)
}
