/** Finding places of vaults in the index. */
import { HoldfastError } from '../../base/errors.ts'
import type { Client } from '../../client/client.ts'
import type { IndexEntry, VaultIndex } from '../../client/index/vault-index.ts'
import { resolvePath } from '../../client/tree/resolve-path.ts'
import { pathOf } from '../location.ts'
import type { VaultLocation } from '../location.ts'
import { placeText } from '../show/transfer.ts'

export interface FoundPlace {
  readonly index: VaultIndex
  /** Undefined for the root. */
  readonly entry: IndexEntry | undefined
  /** Id of the folder; of a file or link its own id, which nothing lies in. */
  readonly folder: string
}

/** NOT_FOUND when there is nothing, or when a file was asked for as a folder. */
export async function placeAt(client: Client, location: VaultLocation): Promise<FoundPlace> {
  const { feed, vault } = await client.vault(location.vault)
  const { index } = feed
  const found = resolvePath(index, { vault: vault.vault, path: location.names })
  switch (found.kind) {
    case 'root':
      return { index, entry: undefined, folder: found.folder }
    case 'folder':
      return { index, entry: found.entry, folder: found.folder }
    case 'file':
    case 'link':
      feed.verifyVersion(found.entry)
      return { index, entry: found.entry, folder: found.entry.entry }
    default:
      throw noSuchPlace(location)
  }
}

export function noSuchPlace(location: VaultLocation): HoldfastError {
  return new HoldfastError('NOT_FOUND', `There is no ${locationText(location)}`, {
    hint: `See holdfast ls ${location.vault}:/`,
  })
}

/** A file's entry. NOT_FOUND, KIND_CONFLICT for a folder or link. */
export async function fileAt(client: Client, location: VaultLocation): Promise<IndexEntry> {
  const { entry } = await placeAt(client, location)
  if (entry?.kind === 'file') return entry
  const what = entry?.kind ?? 'folder'
  throw new HoldfastError('KIND_CONFLICT', `${locationText(location)} is a ${what}, not a file`, {
    hint:
      what === 'folder' ? 'Name a file in it, or fetch it with holdfast get' : 'See holdfast stat',
  })
}

export function locationText({ vault, names }: VaultLocation): string {
  return placeText({ vault, path: pathOf(names) })
}
