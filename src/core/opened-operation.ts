import { equalBytes, toHex } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { openName } from './name.ts'
import type { Operation } from './operation.ts'
import { listRoot } from './page.ts'
import type { Primitives } from './primitives.ts'
import type { VaultKeys } from './vault-keys.ts'
import { openVersionRecord, type VersionRecord } from './version-record.ts'

/** What only a holder of the keys can read of an operation. */
export interface OpenedOperation {
  readonly name: Uint8Array
  readonly record: VersionRecord
}

/**
 * Opens name and record of an operation and checks that they agree with what it says in the clear.
 * RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN (generation).
 */
export function openOperation(
  primitives: Primitives,
  keys: VaultKeys,
  operation: Operation,
): OpenedOperation {
  const name = openName(primitives, keys, { ...operation, sealed: operation.sealedName })
  const place = { ...operation, sealed: operation.sealedRecord }
  const record = openVersionRecord(primitives, keys, place)
  const why = disagreement(primitives, operation, record)
  if (why === undefined) return { name, record }
  throw new HoldfastError(
    'RECORD_FORGED',
    `Cannot take version ${toHex(operation.version)} of entry ${toHex(operation.entry)}: ${why}`,
  )
}

function disagreement(
  primitives: Primitives,
  operation: Operation,
  record: VersionRecord,
): string | undefined {
  const kind = operation.tombstone ? 'tombstone' : operation.kind
  if (record.kind !== kind) return `its record is of a ${record.kind}, it says ${kind}`
  if (record.chunkCount !== operation.chunkCount) {
    return `its record has ${record.chunkCount} chunks, it says ${operation.chunkCount}`
  }
  const isEmptyRoot = equalBytes(operation.listRoot, listRoot(primitives, []))
  return isEmptyRoot === (record.chunkCount === 0) ? undefined : 'its list root is of another list'
}
