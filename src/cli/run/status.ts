import { hasCode, HoldfastError } from '../../base/errors.ts'
import { askCoordinator } from '../../client/accounts.ts'
import type { Client } from '../../client/client.ts'
import { listVaults } from '../../client/vaults.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { NodeStatus, StatusNotice, VaultStatus } from '../results.ts'
import { showStatus } from '../show/status.ts'
import type { CommandWorld } from './command-world.ts'
import { countFiles } from './entries.ts'
import { vaultHealth } from './vault-health.ts'

type ToldCluster = ControlAnswer<'cluster'>

/** Whatever keeps a coordinator from answering, it is down as far as can be told. */
const silences = ['COORDINATOR_UNREACHABLE', 'CONNECTION_LOST', 'TIMED_OUT'] as const

/** `status` */
export async function status(_context: Context, client: Client): Promise<Outcome> {
  const { address } = client.session.stored
  try {
    const told = await client.session.control.call('cluster', {})
    client.session.noteGrid(told)
    return showStatus({
      coordinator: { address, state: 'up' },
      // Who was left out of the configuration and does not answer is no part of the grid any more.
      nodes: told.nodes.filter(({ state }) => state !== 'evicted').map(nodeStatus),
      vaults: await vaultStatus(client),
      notices: noticesOf(told),
    })
  } catch (error) {
    return silent(address, error)
  }
}

/** The same where nobody is logged in, as `why` tells: whether the coordinator answers. */
export async function statusOfGrid(
  _context: Context,
  { parts, address, coordinatorKey }: CommandWorld,
  why: HoldfastError,
): Promise<Outcome> {
  try {
    await askCoordinator(parts, { address, coordinatorKey })
  } catch (error) {
    return silent(address, error)
  }
  const shown = showStatus({ coordinator: { address, state: 'up' }, nodes: [], vaults: [] })
  const note = `${why.message}: nodes and vaults are not shown. ${why.hint}`
  return { ...shown, notes: [note] }
}

/** Throws what is no silence. */
function silent(address: string, error: unknown): Outcome {
  const silence = silences.map((code) => hasCode(error, code) && error).find(Boolean)
  if (!silence) throw error
  const down = { coordinator: { address, state: 'down' }, nodes: [], vaults: [] } as const
  return showStatus(down, withHint(silence))
}

/** Something listens there: it may be another program, or the same by other means. */
function withHint(silence: HoldfastError): HoldfastError {
  if (silence.code !== 'CONNECTION_LOST') return silence
  const { code, message, details } = silence
  return new HoldfastError(code, message, {
    cause: silence,
    details,
    hint: 'Check the address, and that grid.tls is the same here and there; see the log of the coordinator',
  })
}

/** Undefined when no answer came. */
async function unlessSilent<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (silences.some((code) => hasCode(error, code))) return undefined
    throw error
  }
}

function nodeStatus(node: ToldCluster['nodes'][number]): NodeStatus {
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

function noticesOf({ nodes, notices = [] }: ToldCluster): StatusNotice[] {
  const names = new Map(nodes.map(({ node, name }) => [node, name]))
  const told = notices.map(({ kind, node, shards }) => ({
    kind,
    ...(node !== undefined && { node: names.get(node) ?? node }),
    ...(shards !== undefined && { shards }),
  }))
  const quarantined = nodes.flatMap(({ name: node, quarantine: id }) =>
    id === undefined ? [] : { kind: 'quarantine' as const, node, id },
  )
  return [...told, ...quarantined]
}

/** What cannot be told in time of one vault is left out there: it says nothing of the others. */
async function vaultStatus(client: Client): Promise<VaultStatus[]> {
  const vaults = (await unlessSilent(() => listVaults(client.session))) ?? []
  const names = vaults.map(({ name }) => name).toSorted()
  return await Promise.all(names.map((name) => statusOf(client, name)))
}

async function statusOf(client: Client, name: string): Promise<VaultStatus> {
  const inUse = await unlessSilent(() => client.vault(name))
  if (inUse === undefined) return { name }
  const health = await unlessSilent(() => vaultHealth(client, inUse.vault.vault))
  return { name, ...countFiles(inUse), ...health }
}
