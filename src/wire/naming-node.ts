import { HoldfastError } from '../base/errors.ts'
import type { ShardNode } from './shard-client.ts'

/** The same error, with the node in its details and in its message. Others pass as they are. */
export function namingNode(error: unknown, to: ShardNode): unknown {
  if (!(error instanceof HoldfastError) || error.details['node'] !== undefined) return error
  const { code, message, hint, details } = error
  return new HoldfastError(code, `${message} (node at ${to.address})`, {
    cause: error,
    hint,
    details: { ...details, node: to.node, address: to.address },
  })
}
