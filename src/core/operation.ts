/** One change of one entry, as it is signed and kept (docs/format.md, section 10). */
import { assert } from '../base/assert.ts'
import { isZero } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { label, labelledHash } from './hashing.ts'
import { sealedNameBytesMax } from './name.ts'
import { kindComplaint, readKind, writeKind, type OperationKind } from './operation-kind.ts'
import type { Primitives } from './primitives.ts'
import { boxOverheadBytes, checkFormat } from './sealed-box.ts'
import { hashBytes, idBytes, sized } from './sized.ts'
import { sealedRecordBytes } from './version-record.ts'

const what = 'operation'
const zeroId = new Uint8Array(idBytes)
const operationLabel = label('operation')

/** The longest canonical bytes. */
export const operationBytesMax: number =
  3 +
  2 * idBytes +
  hashBytes +
  4 +
  4 +
  sealedNameBytesMax +
  2 * idBytes +
  4 +
  sealedRecordBytes +
  36

export interface Operation extends OperationKind {
  readonly entry: Uint8Array
  readonly parent: Uint8Array
  /** 32 bytes. */
  readonly tag: Uint8Array
  /** Of the keys that name, record and pages are sealed with. */
  readonly generation: number
  readonly sealedName: Uint8Array
  readonly version: Uint8Array
  /** Undefined for an entry's first version. */
  readonly previous: Uint8Array | undefined
  readonly sealedRecord: Uint8Array
  /** 32 bytes. */
  readonly listRoot: Uint8Array
  readonly chunkCount: number
}

/** Canonical bytes: equal operations have equal bytes, and only these decode. */
export function encodeOperation(operation: Operation): Uint8Array {
  const complaint = operationComplaint(operation)
  assert(complaint === undefined, `an operation: ${complaint}`)
  return writeKind(new ByteWriter(operationBytesMax).u8(1), operation)
    .fixed(sized(operation.entry, idBytes, 'an entry id'))
    .fixed(sized(operation.parent, idBytes, 'a parent id'))
    .fixed(sized(operation.tag, hashBytes, 'a name tag'))
    .u32(operation.generation)
    .bytes(operation.sealedName)
    .fixed(sized(operation.version, idBytes, 'a version id'))
    .fixed(sized(operation.previous ?? zeroId, idBytes, 'a version id'))
    .bytes(operation.sealedRecord)
    .fixed(sized(operation.listRoot, hashBytes, 'a list root'))
    .u32(operation.chunkCount)
    .finish()
}

/** Views into `bytes`. MALFORMED, VERSION_UNSUPPORTED. */
export function decodeOperation(bytes: Uint8Array): Operation {
  const reader = new ByteReader(bytes, what)
  checkFormat(reader.u8(), what)
  const operation = Object.freeze({
    ...readKind(reader),
    entry: reader.fixed(idBytes),
    parent: reader.fixed(idBytes),
    tag: reader.fixed(hashBytes),
    generation: reader.u32(),
    sealedName: reader.bytes(sealedNameBytesMax),
    version: reader.fixed(idBytes),
    previous: optionalId(reader.fixed(idBytes)),
    sealedRecord: reader.bytes(sealedRecordBytes),
    listRoot: reader.fixed(hashBytes),
    chunkCount: reader.u32(),
  })
  reader.end()
  const complaint = operationComplaint(operation)
  if (complaint !== undefined) throw reader.malformed(complaint)
  return operation
}

/** H("operation", canonical bytes). */
export function operationHash(primitives: Primitives, bytes: Uint8Array): Uint8Array {
  return labelledHash(primitives, operationLabel, bytes)
}

function optionalId(id: Uint8Array): Uint8Array | undefined {
  return isZero(id) ? undefined : id
}

/** What is wrong with an operation; undefined when it can be. */
function operationComplaint(operation: Operation): string | undefined {
  if (isZero(operation.entry) || isZero(operation.version)) return 'an id of zeros'
  if (operation.previous !== undefined && isZero(operation.previous)) return 'an id of zeros'
  if (operation.generation === 0) return 'key generation 0'
  const why = kindComplaint(operation)
  if (why !== undefined) return why
  const hasContent = operation.kind !== 'folder' && !operation.tombstone
  if (!hasContent && operation.chunkCount > 0) return 'chunks of what has no content'
  if (operation.sealedRecord.length !== sealedRecordBytes) {
    return `a sealed record of ${operation.sealedRecord.length} bytes`
  }
  const nameBytes = operation.sealedName.length - boxOverheadBytes
  const padded =
    nameBytes > 0 && nameBytes % 32 === 0 && operation.sealedName.length <= sealedNameBytesMax
  return padded ? undefined : `a sealed name of ${operation.sealedName.length} bytes`
}
