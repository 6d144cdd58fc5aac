/** Which version of an entry may follow which: what the coordinator must have checked, checked again. */
import { toHex } from '../../base/bytes.ts'
import { forgedCommit } from '../../core/commit-check.ts'
import type { ListedOperation } from '../../core/listed-operation.ts'
import type { IndexEntry, PurgedHead, VaultIndex } from './vault-index.ts'

/** A version that is about to be an entry's head. */
export type NextHead = PurgedHead & Pick<IndexEntry, 'previous'>

export function nextHead(listed: ListedOperation, n: number): NextHead {
  const { kind, tombstone, previous } = listed
  return {
    entry: toHex(listed.entry),
    parent: toHex(listed.parent),
    kind,
    tombstone,
    version: toHex(listed.version),
    previous: previous && toHex(previous),
    n,
  }
}

/** RECORD_FORGED unless it replaces just what the index has as the head of that entry. */
export function checkHead(index: VaultIndex, next: NextHead): void {
  const known = index.entry(next.entry) ?? index.purgedHead(next.entry)
  const why = known ? headComplaint(known, next) : newComplaint(next)
  if (why !== undefined) throw forgedCommit(next.n, `entry ${next.entry}: ${why}`)
}

function newComplaint({ version, previous, tombstone }: NextHead): string | undefined {
  if (previous !== undefined) return `version ${version} follows ${previous}, the entry is new`
  return tombstone ? 'it is deleted before it was there' : undefined
}

function headComplaint(known: PurgedHead, next: NextHead): string | undefined {
  if (next.previous !== known.version) {
    return `version ${next.version} follows ${next.previous ?? 'none'}, the head is ${known.version}`
  }
  if ((next.kind === 'folder') !== (known.kind === 'folder')) {
    return `it was a ${known.kind} and becomes a ${next.kind}`
  }
  if (next.parent !== known.parent) return 'it moves to another folder'
  if (!known.tombstone) return undefined
  if (next.tombstone) return 'it is deleted twice'
  return next.kind === 'folder' ? 'a deleted folder comes back' : undefined
}
