/** Entries of the index as results, with targets and health. */
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

export interface DescribeOptions {
  readonly vault: string
  /** Read links for their targets; one that cannot be read now has none. */
  readonly targets: boolean
}

/** In order. */
export async function describeEntries(
  client: Client,
  named: readonly NamedEntry[],
  options: DescribeOptions,
): Promise<Entry[]> {
  const { vault: vaultName } = options
  const { vault } = await client.vault(vaultName)
  const kept = named.filter(({ entry }) => entry.kind !== 'folder')
  const health = await healthOf(client.session, {
    vault,
    versions: kept.map(({ entry }) => entry.version),
  })
  const byVersion = new Map(kept.map(({ entry }, at) => [entry.version, health[at]]))
  const targets = options.targets ? await linkTargets(client, vaultName, named) : noTargets
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
    ...(entry.md5 && { md5: entry.md5.toHex() }),
    ...(known.target && { target: known.target }),
    ...(kind !== 'folder' && known.health && { health: known.health }),
  }
}

const noTargets: ReadonlyMap<string, Uint8Array> = new Map()

async function linkTargets(
  client: Client,
  vaultName: string,
  named: readonly NamedEntry[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const links = named.map(({ entry }) => entry).filter(({ kind }) => kind === 'link')
  return links.length === 0 ? noTargets : await client.readSmall(vaultName, links)
}

/** Live files and links of a vault, and their bytes. */
export function countFiles({ feed, vault }: VaultInUse): { files: number; bytes: number } {
  return feed.index.totals(vault.vault)
}
