/** Entries of the index as results, with targets and health. */
import { concatBytes } from '../../base/bytes.ts'
import type { Client, VaultInUse } from '../../client/client.ts'
import type { IndexEntry } from '../../client/index/vault-index.ts'
import { healthOf } from '../../client/version-health.ts'
import type { Path } from '../../client/tree/path.ts'
import { pathOf } from '../location.ts'
import type { Entry, Health } from '../results.ts'

export interface NamedEntry {
  readonly path: Path
  readonly entry: IndexEntry
}

/** In order. Links are read for their targets. */
export async function describeEntries(
  client: Client,
  vaultName: string,
  named: readonly NamedEntry[],
): Promise<Entry[]> {
  const { vault } = await client.vault(vaultName)
  const kept = named.filter(({ entry }) => entry.kind !== 'folder')
  const health = await healthOf(client.session, {
    vault,
    versions: kept.map(({ entry }) => entry.version),
  })
  const byVersion = new Map(kept.map(({ entry }, at) => [entry.version, health[at]]))
  const targets = await linkTargets(client, vaultName, named)
  return named.map(({ path, entry }) =>
    describe(
      { vault: vaultName, path, entry },
      { health: byVersion.get(entry.version), target: targets.get(entry.version) },
    ),
  )
}

function describe(
  place: { readonly vault: string } & NamedEntry,
  known: { readonly health: Health | undefined; readonly target: Uint8Array | undefined },
): Entry {
  const { vault, path, entry } = place
  const { kind, bytes, mode, modified, version } = entry
  return {
    vault,
    path: pathOf(path),
    type: kind,
    bytes: kind === 'file' ? bytes : 0,
    mode,
    modifiedMs: modified.seconds * 1000 + modified.nanoseconds / 1e6,
    version,
    ...(kind === 'file' && { sha256: entry.sha256.toHex() }),
    ...(known.target && { target: known.target }),
    ...(kind !== 'folder' && known.health && { health: known.health }),
  }
}

async function linkTargets(
  client: Client,
  vaultName: string,
  named: readonly NamedEntry[],
): Promise<Map<string, Uint8Array>> {
  const targets = new Map<string, Uint8Array>()
  const links = named.filter(({ entry }) => entry.kind === 'link')
  if (links.length === 0) return targets
  for (const { entry } of links) {
    const pieces: Uint8Array[] = []
    await client.read(vaultName, {
      entry,
      range: { from: 0, to: entry.bytes },
      sink: async ({ bytes }) => {
        pieces.push(bytes.slice())
      },
    })
    targets.set(entry.version, concatBytes(pieces))
  }
  return targets
}

/** Live files and links of a vault, and their bytes. */
export function countFiles({ feed, vault }: VaultInUse): { files: number; bytes: number } {
  return feed.index.totals(vault.vault)
}
