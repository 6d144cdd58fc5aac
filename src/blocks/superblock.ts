/** The superblock and the start blocks of segments (docs/store.md, sections 1 and 2). */
import { alignBytes } from '../base/aligned.ts'
import { equalBytes, utf8 } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { label, labelledHash, type Label } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'

export const superblockBytes = 128
export const startBlockBytes = alignBytes

const version = 1
const checkedBytes = 112
const superblockMagic = utf8('HFSTORE1')
const startMagic = utf8('HFSEGMT1')
const superblockLabel = label('store superblock')
const startLabel = label('store segment')

export interface Superblock {
  readonly term: number
  /** 16 bytes. */
  readonly storeId: Uint8Array
  /** 32 bytes, secret. */
  readonly storeKey: Uint8Array
  readonly createdMs: number
}

export interface StartBlock extends Superblock {
  readonly segment: number
  readonly firstSequence: number
  readonly segmentBytes: number
}

export function encodeSuperblock(primitives: Primitives, superblock: Superblock): Uint8Array {
  const writer = new ByteWriter(superblockBytes).fixed(superblockMagic).u16(version).u16(0)
  writer.u32(superblock.term).fixed(superblock.storeId).fixed(superblock.storeKey)
  writer.u64(superblock.createdMs)
  return checked(primitives, superblockLabel, writer)
}

/** Undefined when it is damaged; HOME_TOO_NEW for a later version. */
export function decodeSuperblock(
  primitives: Primitives,
  bytes: Uint8Array,
): Superblock | undefined {
  const reader = open(primitives, bytes, { magic: superblockMagic, label: superblockLabel })
  if (reader === undefined) return undefined
  const term = reader.u32()
  const [storeId, storeKey] = [reader.fixed(16).slice(), reader.fixed(32).slice()]
  return { term, storeId, storeKey, createdMs: reader.u64() }
}

/** Writes the start block into the first 4,096 bytes of `into`. */
export function writeStartBlock(primitives: Primitives, start: StartBlock, into: Uint8Array): void {
  const writer = new ByteWriter(superblockBytes).fixed(startMagic).u16(version).u16(0)
  writer.u32(start.segment).fixed(start.storeId).fixed(start.storeKey).u64(start.firstSequence)
  writer.u32(start.term).u32(start.segmentBytes).u64(start.createdMs)
  into.fill(0, 0, startBlockBytes)
  into.set(checked(primitives, startLabel, writer))
}

/** Undefined when it is damaged or empty; HOME_TOO_NEW for a later version. */
export function readStartBlock(primitives: Primitives, bytes: Uint8Array): StartBlock | undefined {
  const reader = open(primitives, bytes, { magic: startMagic, label: startLabel })
  if (reader === undefined) return undefined
  const segment = reader.u32()
  const [storeId, storeKey] = [reader.fixed(16).slice(), reader.fixed(32).slice()]
  const firstSequence = reader.u64()
  const [term, segmentBytes] = [reader.u32(), reader.u32()]
  const createdMs = reader.u64()
  return { segment, storeId, storeKey, firstSequence, term, segmentBytes, createdMs }
}

function checked(primitives: Primitives, use: Label, writer: ByteWriter): Uint8Array {
  writer.zeros(checkedBytes - writer.length)
  const sum = labelledHash(primitives, use, writer.finish()).subarray(0, 16)
  return writer.fixed(sum).finish()
}

/** A reader that stands behind magic and version. */
function open(
  primitives: Primitives,
  bytes: Uint8Array,
  expected: { readonly magic: Uint8Array; readonly label: Label },
): ByteReader | undefined {
  if (bytes.length < superblockBytes) return undefined
  const covered = bytes.subarray(0, checkedBytes)
  const sum = labelledHash(primitives, expected.label, covered).subarray(0, 16)
  if (!equalBytes(sum, bytes.subarray(checkedBytes, superblockBytes))) return undefined
  const reader = new ByteReader(covered, 'the head of a store or segment')
  if (!equalBytes(reader.fixed(8), expected.magic)) return undefined
  const found = reader.u16()
  if (found > version) throw new HoldfastError('HOME_TOO_NEW', `This store has version ${found}`)
  reader.u16()
  return reader
}
