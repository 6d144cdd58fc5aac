import { concatBytes, utf8 } from '../../base/bytes.ts'
import type { Client } from '../../client/client.ts'
import { listFolder } from '../../client/tree/list-folder.ts'
import { parseVaultLocation, pathOf } from '../location.ts'
import { hasOption } from '../main.ts'
import type { Context } from '../main.ts'
import type { Outcome } from '../output.ts'
import { showList } from '../show/entries.ts'
import { describeEntries } from './entries.ts'
import type { NamedEntry } from './entries.ts'
import { placeAt } from './find.ts'
import { vaultEntries } from './vaults.ts'

/** `ls [LOCATION] [-l] [-r]` */
export async function ls(context: Context, client: Client): Promise<Outcome> {
  const { invocation, output } = context
  const [operand] = invocation.operands
  if (operand === undefined) return await vaultEntries(context, client)
  const location = parseVaultLocation(operand)
  const { vault, names } = location
  const { index, entry, folder } = await placeAt(client, location)
  const isFolder = entry === undefined || entry.kind === 'folder'
  const named: NamedEntry[] = isFolder
    ? listFolder(index, { folder, recursive: hasOption(invocation, 'recursive') })
        .map((listed) => ({ path: [...names, ...listed.path], entry: listed.entry }))
        .toArray()
    : [{ path: names, entry }]
  const long = hasOption(invocation, 'long')
  const entries = await describeEntries(client, named, { vault, targets: long || output.json })
  const above = isFolder ? names : names.slice(0, -1)
  const below = above.length === 0 ? utf8('/') : concatBytes([pathOf(above), utf8('/')])
  return showList(entries, { long, below })
}
