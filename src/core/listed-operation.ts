/**
 * What a statement lists of each operation, and all that stays of one that was purged: which version of which
 * entry follows which (docs/format.md, section 10).
 */
import { assert } from '../base/assert.ts'
import { isZero } from '../base/bytes.ts'
import { ByteWriter, type ByteReader } from '../base/encoding.ts'
import { kindComplaint, readKind, writeKind, type OperationKind } from './operation-kind.ts'
import { operationHash, type Operation } from './operation.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes, idBytes, sized } from './sized.ts'

/** Every listed operation has this length. */
export const listedOperationBytes: number = 2 + 4 * idBytes + hashBytes
const zeroId = new Uint8Array(idBytes)
const zeroHash = new Uint8Array(hashBytes)

export interface ListedOperation extends OperationKind {
  readonly entry: Uint8Array
  readonly parent: Uint8Array
  readonly version: Uint8Array
  /** Undefined for an entry's first version. */
  readonly previous: Uint8Array | undefined
  /** `operationHash`, 32 bytes. */
  readonly hash: Uint8Array
}

/** `bytes` are the operation's canonical ones. */
export function listedOperation(
  primitives: Primitives,
  operation: Omit<ListedOperation, 'hash'>,
  bytes: Uint8Array,
): ListedOperation {
  const { kind, tombstone, implicit, entry, parent, version, previous } = operation
  const hash = operationHash(primitives, bytes)
  return { kind, tombstone, implicit, entry, parent, version, previous, hash }
}

/** Whether a statement lists just this operation; its hash was compared before. */
export function listsOperation(listed: ListedOperation, operation: Operation): boolean {
  const wanted = encodeListed({ ...listed, hash: zeroHash })
  const made = encodeListed({ ...operation, hash: zeroHash })
  return wanted.every((byte, at) => byte === made[at])
}

function encodeListed(operation: ListedOperation): Uint8Array {
  return writeListed(new ByteWriter(listedOperationBytes), operation).finish()
}

export function writeListed(writer: ByteWriter, operation: ListedOperation): ByteWriter {
  const complaint = listedComplaint(operation)
  assert(complaint === undefined, `a listed operation: ${complaint}`)
  return writeKind(writer, operation)
    .fixed(sized(operation.entry, idBytes, 'an entry id'))
    .fixed(sized(operation.parent, idBytes, 'a parent id'))
    .fixed(sized(operation.version, idBytes, 'a version id'))
    .fixed(sized(operation.previous ?? zeroId, idBytes, 'a version id'))
    .fixed(sized(operation.hash, hashBytes, 'an operation hash'))
}

/** Views into what is read. MALFORMED. */
export function readListed(reader: ByteReader): ListedOperation {
  const kind = readKind(reader)
  const [entry, parent, version] = [
    reader.fixed(idBytes),
    reader.fixed(idBytes),
    reader.fixed(idBytes),
  ]
  const before = reader.fixed(idBytes)
  const previous = isZero(before) ? undefined : before
  const hash = reader.fixed(hashBytes)
  const listed = Object.freeze({ ...kind, entry, parent, version, previous, hash })
  const complaint = listedComplaint(listed)
  if (complaint !== undefined) throw reader.malformed(complaint)
  return listed
}

function listedComplaint(operation: ListedOperation): string | undefined {
  const { entry, version, previous } = operation
  if (isZero(entry) || isZero(version)) return 'an id of zeros'
  if (previous !== undefined && isZero(previous)) return 'an id of zeros'
  return kindComplaint(operation)
}
