import type { Client } from '../../client/client.ts'
import { lookUp } from '../../client/get/places.ts'
import type { PackPlaces } from '../../client/get/places.ts'
import type { IndexEntry } from '../../client/index/vault-index.ts'
import { parseVaultLocation } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { hasOption } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import type { Entry, PackPlace } from '../results.ts'
import { showStat } from '../show/entries.ts'
import { describeEntries } from './entries.ts'
import { placeAt } from './find.ts'

/** `stat LOCATION [--placement]` */
export async function stat(context: Context, client: Client): Promise<Outcome> {
  const { invocation } = context
  const location = parseVaultLocation(invocation.operands[0]!)
  const { entry } = await placeAt(client, location)
  if (entry === undefined) return showStat({ ...rootEntry(location), chunks: 0 })
  const named = [{ path: location.names, entry }]
  const [described] = await describeEntries(client, named, {
    vault: location.vault,
    targets: true,
  })
  const chunks = entry.chunkCount
  if (!hasOption(invocation, 'placement')) return showStat({ ...described!, chunks })
  const packs = await placement(client, location, entry)
  return showStat({ ...described!, chunks, packs })
}

function rootEntry({ vault }: VaultLocation): Entry {
  const path = Uint8Array.of(0x2f)
  return { vault, path, type: 'folder', bytes: 0, mode: 0o755, modifiedMs: 0 }
}

/** All packs that hold a part of it, in the order they are first needed. */
async function placement(
  client: Client,
  location: VaultLocation,
  entry: IndexEntry,
): Promise<PackPlace[]> {
  const { vault } = await client.vault(location.vault)
  const cluster = await client.cluster()
  const packs = new Map<string, PackPlaces>()
  for (let from: number | undefined = 0; from !== undefined;) {
    const parts = { session: client.session, vault }
    const looked = await lookUp(parts, [{ entry, from }])
    const chunks = (looked.pages.get(entry.version) ?? []).flatMap((page) => page.chunks)
    for (const { pack } of chunks) packs.set(pack.pack, pack)
    from = looked.more.get(entry.version)
  }
  return [...packs.values()].map(({ pack, k, m, shards }) => ({
    id: pack,
    k,
    m,
    shards: shards
      .toSorted((left, right) => left.index - right.index)
      .map(({ index, node, state }) => ({
        index,
        node: cluster.nameOf(node),
        // What a node keeps that is down may be there or not: nobody can tell now.
        state: state === 'durable' && !cluster.isUp(node) ? 'unknown' : state,
      })),
  }))
}
