import { equalBytes } from '../base/bytes.ts'
import { dataRoot } from '../core/merkle.ts'
import type { Primitives } from '../core/primitives.ts'
import { headerBytes, shardRoot } from '../core/shard.ts'

/** Whether a body (header and data) has this root. */
export function bodyHasRoot(primitives: Primitives, body: Uint8Array, root: Uint8Array): boolean {
  if (body.length <= headerBytes) return false
  const header = body.subarray(0, headerBytes)
  const found = dataRoot(primitives, body.subarray(headerBytes))
  return equalBytes(shardRoot(primitives, { header, dataRoot: found }), root)
}
