/** What `status`, the account commands and `vault show` show. */
import { utf8 } from '../../base/bytes.ts'
import { errorKinds, errorToJson } from '../../base/errors.ts'
import type { HoldfastError } from '../../base/errors.ts'
import { present } from '../json.ts'
import type { Outcome } from '../output.ts'
import { quoteName } from '../quote.ts'
import type {
  AccountResult,
  NodeStatus,
  StatusNotice,
  StatusResult,
  VaultDetails,
  VaultHealth,
  VaultStatus,
} from '../results.ts'
import { bytesText, countText } from '../text/amount.ts'
import { tableLines } from '../text/table.ts'

/** `silence`: why the coordinator counts as down. */
export function showStatus(status: StatusResult, silence?: HoldfastError): Outcome {
  const { coordinator, nodes, vaults, notices = [] } = status
  const down = nodes.filter(({ state }) => state === 'down')
  return {
    document: {
      coordinator,
      nodes: nodes.map(nodeJson),
      vaults,
      ...(notices.length > 0 && { notices }),
    },
    lines: [
      ...tableLines([
        ['coordinator', coordinator.address, coordinator.state],
        ...nodes.map(nodeRow),
      ]),
      ...vaults.map(vaultLine),
    ],
    notes: [
      ...(down.length > 0 ? [downText(down)] : []),
      ...nodes.flatMap(storeText),
      ...notices.map(noticeText),
    ],
    errors: silence ? [errorToJson(silence)] : [],
    exit:
      coordinator.state === 'up' ? 0 : errorKinds[silence?.code ?? 'COORDINATOR_UNREACHABLE'].exit,
  }
}

/** What is not known is null, so that each field is always there. */
function nodeJson(node: NodeStatus): object {
  const { pid = null, latencyMs, usedBytes = null, freeBytes = null } = node
  const latency = latencyMs === undefined ? null : Math.round(latencyMs * 1000) / 1000
  return { ...node, pid, latencyMs: latency, usedBytes, freeBytes }
}

/** `2 of the nodes are down: n3, n4`. */
function downText(down: readonly { readonly name: string }[]): string {
  const names = down.map(({ name }) => name).join(', ')
  return down.length === 1 ? `node ${names} is down` : `${down.length} nodes are down: ${names}`
}

/** What to do about a store that does not serve. */
function storeText({ name, state, store, freeBytes = 0 }: NodeStatus): string[] {
  if (state === 'down' || store === undefined || store === 'serving') return []
  if (store === 'disk-gone') {
    return [`the disk of node ${name} vanished: mount it again, then restart the node`]
  }
  if (freeBytes === 0) return [`node ${name} is read-only: free space on its disk`]
  const well = 'when its disk is well and it stays so, restart the node'
  return [`node ${name} is read-only, its log says why: ${well}`]
}

function noticeText({ kind, node = '', shards = 0, id = '' }: StatusNotice): string {
  if (kind === 'quarantine') {
    const why = `node ${node} worked with another or a newer catalogue`
    return `${why}: what it held then is not deleted unless coordinator.endQuarantine is "${id}"`
  }
  if (kind === 'clock-jumped')
    return "the coordinator's clock jumped: nothing is collected for an hour"
  const what = `node ${node} has ${countText(shards, 'shard')} that the catalogue does not know`
  return `${what}: they are kept unless coordinator.unknownShards is "collect"`
}

function nodeRow(node: NodeStatus): string[] {
  const { name, address, state, store, zone, latencyMs, usedBytes, freeBytes } = node
  return [
    `node ${name}`,
    address,
    store === undefined || store === 'serving' ? state : `${state}, ${store}`,
    latencyMs === undefined ? '' : `${latencyMs.toFixed(1)} ms`,
    usedBytes === undefined ? '' : `${bytesText(usedBytes)} used`,
    freeBytes === undefined ? '' : `${bytesText(freeBytes)} free`,
    zone === name ? '' : `zone ${zone}`,
  ]
}

function vaultLine(vault: VaultStatus): string {
  const name = quoteName(utf8(vault.name))
  const { files, bytes } = vault
  if (files === undefined || bytes === undefined) return `vault ${name}: no answer in time`
  return `vault ${name}: ${countText(files, 'file')}, ${bytesText(bytes)}; ${healthText(vault)}`
}

/** Counts of files. */
function healthText(health: Partial<VaultHealth>): string {
  const { complete, degraded = 0, unknown = 0, lost = 0 } = health
  if (complete === undefined) return 'health not known in time'
  const total = complete + degraded + unknown + lost
  if (total === 0) return 'nothing stored'
  if (complete === total) return 'all complete'
  const parts = Object.entries({ complete, degraded, unknown, lost }).filter(
    ([, count]) => count > 0,
  )
  return parts.map(([state, count]) => `${count} ${state}`).join(', ')
}

export function showAccount(account: AccountResult, sentence?: string): Outcome {
  const { usedBytes, quotaBytes, sessions } = account
  const others = sessions?.filter((name) => name !== account.account) ?? []
  const used = usedBytes === undefined ? '' : `, ${bytesText(usedBytes)} stored`
  const quota = quotaBytes === undefined ? '' : ` of ${bytesText(quotaBytes)}`
  return {
    document: present({ account: account.account, usedBytes, quotaBytes, sessions }),
    lines: sentence === undefined ? [`${account.account}${used}${quota}`] : [],
    ...(sentence !== undefined && { summary: sentence }),
    notes: others.length > 0 ? [`also logged in here: ${others.join(', ')}`] : [],
    exit: 0,
  }
}

export function showVault(vault: VaultDetails): Outcome {
  const { name, id, policy, threshold, role, files, bytes, generation, health } = vault
  const rows = [
    ['vault', quoteName(utf8(name))],
    ['policy', `${policy} (a write needs ${threshold} durable shards)`],
    ['role', role],
    ['files', String(files)],
    ['bytes', String(bytes)],
    ['health', health === undefined ? '-' : healthText(health)],
    ['id', id],
    ['key generation', String(generation)],
  ]
  return {
    document: {
      vaults: [
        { name, policy, role, files, bytes, id, threshold, generation, ...present({ health }) },
      ],
    },
    lines: tableLines(rows),
    exit: 0,
  }
}
