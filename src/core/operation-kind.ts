/** Kind and flags of an operation, as its own bytes and the statement that lists it have them. */
import type { ByteReader, ByteWriter } from '../base/encoding.ts'

const kinds = ['file', 'folder', 'link'] as const
const tombstoneFlag = 1
const implicitFlag = 2

export type EntryKind = (typeof kinds)[number]

export interface OperationKind {
  readonly kind: EntryKind
  readonly tombstone: boolean
  /** A folder that is there only because something is in it. */
  readonly implicit: boolean
}

export function writeKind(writer: ByteWriter, operation: OperationKind): ByteWriter {
  const { kind, tombstone, implicit } = operation
  const flags = (tombstone ? tombstoneFlag : 0) | (implicit ? implicitFlag : 0)
  return writer.u8(kinds.indexOf(kind) + 1).u8(flags)
}

/** MALFORMED. */
export function readKind(reader: ByteReader): OperationKind {
  const code = reader.u8()
  const kind = kinds[code - 1]
  if (kind === undefined) throw reader.malformed(`kind ${code} is none`)
  const flags = reader.u8()
  if (flags > (tombstoneFlag | implicitFlag)) throw reader.malformed(`flags ${flags} are none`)
  return {
    kind,
    tombstone: (flags & tombstoneFlag) !== 0,
    implicit: (flags & implicitFlag) !== 0,
  }
}

/** What is wrong with it; undefined when it can be. */
export function kindComplaint({ kind, implicit }: OperationKind): string | undefined {
  return implicit && kind !== 'folder' ? `an implicit ${kind}` : undefined
}
