import { hasCode } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { ClusterNode } from '../../client/cluster.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { NodeStatus, VaultStatus } from '../results.ts'
import { showStatus } from '../show/status.ts'
import { vaultSummaries } from './vaults.ts'

/** Whatever keeps a coordinator from answering, it is down as far as can be told. */
const silences = ['COORDINATOR_UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT'] as const

/** `status` */
export async function status(_context: Context, client: Client): Promise<Outcome> {
  const { address } = client.session.stored
  try {
    const { nodes } = await client.cluster()
    return showStatus({
      coordinator: { address, state: 'up' },
      // Who was left out of the configuration and does not answer is no part of the grid any more.
      nodes: nodes.filter(({ state }) => state !== 'evicted').map(nodeStatus),
      vaults: await vaultStatus(client),
    })
  } catch (error) {
    if (!silences.some((code) => hasCode(error, code))) throw error
    return showStatus({ coordinator: { address, state: 'down' }, nodes: [], vaults: [] })
  }
}

function nodeStatus(node: ClusterNode): NodeStatus {
  const { name, address, zone, state, store, pid, latencyMs, usedBytes, freeBytes } = node
  return {
    name,
    address,
    zone,
    state,
    ...(store !== undefined && { store }),
    ...(pid !== undefined && { pid }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(usedBytes !== undefined && { usedBytes }),
    ...(freeBytes !== undefined && { freeBytes }),
  }
}

async function vaultStatus(client: Client): Promise<VaultStatus[]> {
  const summaries = await vaultSummaries(client)
  return await Promise.all(
    summaries.map(async ({ name, files, bytes }) => {
      const { vault } = await client.vault(name)
      const health = await client.session.control.call('vault/health', { vault: vault.vault })
      return { name, files, bytes, ...health }
    }),
  )
}
