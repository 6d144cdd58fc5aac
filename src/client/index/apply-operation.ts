/** One operation of a commit that was verified, into the index: compared, opened, written. */
import { toHex } from '../../base/bytes.ts'
import { forgedCommit } from '../../core/commit-check.ts'
import type { ListedOperation } from '../../core/listed-operation.ts'
import { openOperation, type OpenedOperation } from '../../core/opened-operation.ts'
import type { Operation } from '../../core/operation.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { VaultKeys } from '../../core/vault-keys.ts'
import { digestAlgorithms } from '../../core/version-record.ts'
import { checkHead, nextHead } from './heads.ts'
import type { IndexEntry, VaultIndex } from './vault-index.ts'

export interface ApplyContext {
  readonly primitives: Primitives
  readonly keys: VaultKeys
  readonly index: VaultIndex
  readonly n: number
}

/** `operation` is undefined when it was purged. RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN. */
export function applyOperation(
  context: ApplyContext,
  listed: ListedOperation,
  operation: Operation | undefined,
): void {
  const { index, primitives, keys, n } = context
  if (operation === undefined) {
    const head = nextHead(listed, n)
    checkHead(index, head)
    index.putPurgedHead(head)
    return
  }
  const entry = entryOf(operation, openOperation(primitives, keys, operation), n)
  putHead(index, entry)
}

/** Makes it the head of its entry. RECORD_FORGED unless it replaces just that, or when another has its name. */
export function putHead(index: VaultIndex, entry: IndexEntry): void {
  const isNew = entry.previous === undefined && !entry.tombstone
  if (isNew && index.putNewEntry(entry)) return
  checkHead(index, entry)
  if (!entry.tombstone) checkRoom(index, entry)
  index.removePurgedHead(entry.entry)
  index.putEntry(entry)
}

/** Two live entries of one name cannot be. */
function checkRoom(index: VaultIndex, { entry, kind, name, n, parent }: IndexEntry): void {
  const other = index.child({ parent, name, kind: kind === 'folder' ? 'folder' : 'file' })
  if (!other || other.entry === entry) return
  throw forgedCommit(n, `entry ${entry} has the name of ${other.entry}`)
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
