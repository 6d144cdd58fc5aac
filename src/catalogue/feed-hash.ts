/** The feed's chain of hashes (docs/format.md, section 10). */
import { ByteWriter } from '../base/encoding.ts'
import { label, labelledHash } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'
import type { Blob } from './catalogue.ts'

const feed = label('feed')
const statementLabel = label('statement')

/** h(0) of a vault, from its 16 bytes of id. */
export function feedStart(primitives: Primitives, vault: Blob): Blob {
  return labelledHash(primitives, feed, vault)
}

/** h(n) from h(n − 1), n and the statement of commit n. */
export function feedNext(
  primitives: Primitives,
  previous: Blob,
  commit: { readonly n: number; readonly statement: Blob },
): Blob {
  const n = new ByteWriter(8).u64(commit.n).finish()
  const statement = labelledHash(primitives, statementLabel, commit.statement)
  return labelledHash(primitives, feed, previous, n, statement)
}
