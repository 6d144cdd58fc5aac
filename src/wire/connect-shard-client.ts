import { limits } from '../base/limits.ts'
import { LinkedShardClient } from './linked-shard-client.ts'
import { namingNode } from './naming-node.ts'
import { openLink } from './opening.ts'
import type { Opener, ShardClient, ShardClientWorld, ShardNode } from './shard-client.ts'

export interface ConnectShardClientOptions {
  readonly to: ShardNode
  readonly opener: Opener
  readonly signal?: AbortSignal | undefined
}

/**
 * Connects and proves both sides. NODE_UNREACHABLE, IDENTITY_MISMATCH, VERSION_UNSUPPORTED, TERM_OLD, BUSY,
 * TIMED_OUT, CONNECTION_LOST, or the signal's reason.
 */
export async function connectShardClient(
  world: ShardClientWorld,
  options: ConnectShardClientOptions,
): Promise<ShardClient> {
  const { to, opener, signal } = options
  try {
    const connection = await world.network.connect(to.address, {
      timeoutMs: limits.connectMs,
      identity: to.publicKey,
      signal,
    })
    const abort = (): void => connection.destroy()
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const opened = await openLink(world, connection, { identity: to.publicKey, opener })
      return new LinkedShardClient(opened, { node: to, clock: world.clock })
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw namingNode(error, to)
  }
}
