/** One operation of a commit that was verified, into the index: opened, compared, written. */
import { toHex } from '../../base/bytes.ts'
import { forgedCommit } from '../../core/commit-check.ts'
import { openOperation, type OpenedOperation } from '../../core/opened-operation.ts'
import type { Operation } from '../../core/operation.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { VaultKeys } from '../../core/vault-keys.ts'
import { digestAlgorithms } from '../../core/version-record.ts'
import type { IndexEntry, VaultIndex } from './vault-index.ts'

export interface ApplyContext {
  readonly primitives: Primitives
  readonly keys: VaultKeys
  readonly index: VaultIndex
  readonly n: number
  /** Whether operations before this one were purged, so that what they changed is unknown. */
  readonly purged: boolean
}

/** RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN. */
export function applyOperation(context: ApplyContext, operation: Operation): void {
  const { index, primitives, keys, n } = context
  const entry = entryOf(operation, openOperation(primitives, keys, operation), n)
  const known = index.entry(entry.entry)
  const why = known && !context.purged ? headComplaint(known, entry) : undefined
  if (why !== undefined) throw forgedCommit(n, `entry ${entry.entry}: ${why}`)
  if (!entry.tombstone) makeRoom(context, entry)
  index.putEntry(entry)
}

/** What the coordinator should have refused: compare-and-swap is its one duty. */
function headComplaint(known: IndexEntry, next: IndexEntry): string | undefined {
  if (next.previous !== known.version) {
    return `version ${next.version} follows ${next.previous ?? 'none'}, the head is ${known.version}`
  }
  if ((next.kind === 'folder') !== (known.kind === 'folder')) {
    return `it was a ${known.kind} and becomes a ${next.kind}`
  }
  return undefined
}

/** Two live entries of one name cannot be, unless the removal of the older was purged. */
function makeRoom(context: ApplyContext, entry: IndexEntry): void {
  const { parent, name } = entry
  const kind = entry.kind === 'folder' ? 'folder' : 'file'
  const other = context.index.child({ parent, name, kind })
  if (!other || other.entry === entry.entry) return
  if (!context.purged) {
    throw forgedCommit(context.n, `entry ${entry.entry} has the name of ${other.entry}`)
  }
  context.index.removeEntry(other.entry)
}

function entryOf(operation: Operation, opened: OpenedOperation, n: number): IndexEntry {
  const { record, name } = opened
  const { kind, implicit, tombstone, tag, generation, listRoot, previous } = operation
  return {
    entry: toHex(operation.entry),
    parent: toHex(operation.parent),
    kind,
    implicit,
    tombstone,
    name,
    tag,
    version: toHex(operation.version),
    previous: previous && toHex(previous),
    generation,
    mode: record.mode,
    bytes: record.size,
    modified: { seconds: record.modifiedSeconds, nanoseconds: record.modifiedNanoseconds },
    sha256: record.sha256,
    md5: record.digests.find(({ algorithm }) => algorithm === digestAlgorithms.md5)?.digest,
    chunkCount: record.chunkCount,
    listRoot,
    n,
  }
}
