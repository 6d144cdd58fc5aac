/** From what is wanted to the change of an entry: which entry, which version before it. */
import type { Random } from '../../base/random.ts'
import type { FileTime } from '../engine/local-files.ts'
import type { IndexEntry } from '../index/vault-index.ts'
import { newId } from './new-id.ts'
import type { PendingFile } from './pending.ts'
import type { Change } from './seal-change.ts'

export interface ChangeMaker {
  readonly random: Random
  /** Newest key generation of the vault. */
  readonly generation: number
  /** List root of no chunks. */
  readonly emptyRoot: Uint8Array
}

export interface ChangePlace {
  readonly parent: string
  readonly name: Uint8Array
  /** The entry that gets a new version; undefined for a new entry. */
  readonly before: IndexEntry | undefined
}

const zeroHash = new Uint8Array(32)

export function fileChange(maker: ChangeMaker, place: ChangePlace, file: PendingFile): Change {
  const { listRoot, chunkCount, generation } = file.pages
  return {
    ...placed(maker, place),
    kind: file.kind,
    tombstone: false,
    version: file.version,
    generation,
    mode: file.mode,
    modified: file.modified,
    bytes: file.bytes,
    sha256: file.sha256,
    md5: file.md5,
    chunkCount,
    listRoot,
  }
}

export function folderChange(
  maker: ChangeMaker,
  place: ChangePlace,
  stat: { readonly mode: number; readonly modified: FileTime },
): Change {
  const { mode, modified } = stat
  return { ...withoutContent(maker, place), kind: 'folder', tombstone: false, mode, modified }
}

export function tombstoneChange(maker: ChangeMaker, entry: IndexEntry): Change {
  const { kind, parent, name, mode, modified } = entry
  const place = { parent, name, before: entry }
  return { ...withoutContent(maker, place), kind, tombstone: true, mode, modified }
}

function withoutContent(
  maker: ChangeMaker,
  place: ChangePlace,
): Omit<Change, 'kind' | 'tombstone' | 'mode' | 'modified'> {
  return {
    ...placed(maker, place),
    version: newId(maker.random),
    generation: maker.generation,
    bytes: 0,
    sha256: zeroHash,
    md5: undefined,
    chunkCount: 0,
    listRoot: maker.emptyRoot,
  }
}

function placed(
  maker: ChangeMaker,
  { parent, name, before }: ChangePlace,
): Pick<Change, 'entry' | 'parent' | 'name' | 'previous'> {
  return {
    entry: before?.entry ?? newId(maker.random),
    parent,
    name,
    previous: before?.version,
  }
}
