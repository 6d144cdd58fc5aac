/** `vault create`, `vault list`, `vault show`, and `ls` without a location. */
import { createVault, listVaults, parsePolicy } from '../../client/vaults.ts'
import type { Client } from '../../client/client.ts'
import { policyText } from '../../core/policy.ts'
import type { OpenVault, VaultSummary as KnownVault } from '../../client/vaults.ts'
import { entryJson } from '../json.ts'
import { optionText } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { VaultDetails, VaultSummary } from '../results.ts'
import { showVaults } from '../show/entries.ts'
import { showVault } from '../show/status.ts'
import { countFiles } from './entries.ts'
import { vaultHealth } from './vault-health.ts'

const defaultPolicy = '2+2'
const roles = { owner: 'owner', write: 'writer', read: 'reader' } as const

export async function vaultCreate(context: Context, client: Client): Promise<Outcome> {
  const { invocation, signal } = context
  const name = invocation.operands[0]!.text
  const policy = parsePolicy(optionText(invocation, 'policy') ?? defaultPolicy)
  const vault = await createVault(client.session, { name, policy, signal })
  const shown = showVaults([summaryOf(vault, { files: 0, bytes: 0 })])
  return { ...shown, lines: [], summary: `made the vault ${name} (${policyText(policy)})` }
}

export async function vaultList(_context: Context, client: Client): Promise<Outcome> {
  return showVaults(await vaultSummaries(client))
}

/** `ls` without a location: the same, and the root of each as an entry. */
export async function vaultEntries(_context: Context, client: Client): Promise<Outcome> {
  const summaries = await vaultSummaries(client)
  const path = Uint8Array.of(0x2f)
  const entries = summaries.map(({ name, policy, role, files, bytes }) => {
    const root = { vault: name, path, type: 'folder', bytes, mode: 0o755, modifiedMs: 0 } as const
    return { ...entryJson(root), policy, role, files }
  })
  return { ...showVaults(summaries), document: { entries, vaults: summaries } }
}

export async function vaultShow(context: Context, client: Client): Promise<Outcome> {
  const inUse = await client.vault(context.invocation.operands[0]!.text)
  const { vault } = inUse
  const health = await vaultHealth(client, vault.vault)
  return showVault({ ...summaryOf(vault, countFiles(inUse)), ...detailsOf(vault), health })
}

/** Of all vaults, in order of name. */
export async function vaultSummaries(client: Client): Promise<VaultSummary[]> {
  const vaults = await listVaults(client.session)
  const names = vaults.map(({ name }) => name).toSorted()
  const inUse = await Promise.all(names.map((name) => client.vault(name)))
  return inUse.map((one) => summaryOf(one.vault, countFiles(one)))
}

function summaryOf(
  vault: KnownVault,
  counts: { readonly files: number; readonly bytes: number },
): VaultSummary {
  return {
    name: vault.name,
    policy: policyText(vault.policy),
    role: roles[vault.role],
    ...counts,
  }
}

function detailsOf(vault: OpenVault): Pick<VaultDetails, 'id' | 'threshold' | 'generation'> {
  return {
    id: vault.vault,
    threshold: vault.policy.threshold,
    generation: vault.keys.newestGeneration,
  }
}
