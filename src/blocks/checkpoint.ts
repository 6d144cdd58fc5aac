/** The index on disk (docs/store.md, section 5). */
import { equalBytes, utf8 } from '../base/bytes.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { label, labelledHash } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'
import { shardIdBytes } from '../core/shard.ts'
import { replaceFile } from './replace-file.ts'
import { recordAlignBytes } from './record.ts'
import type { StoreIndex } from './store-index.ts'

const path = 'index'
const version = 1
const magic = utf8('HFINDEX1')
const pieceEntriesMax = 16_384
const entryBytes = shardIdBytes + 1 + 4 + 4 + 4 + 4 + 8
const headBytes = 44
const indexLabel = label('store index')

/** What a checkpoint holds: everything up to `sequence`, which ended before (segment, offset). */
export interface CheckpointPosition {
  readonly segment: number
  readonly offset: number
  readonly sequence: number
}

export interface CheckpointOptions {
  readonly disk: Disk
  readonly primitives: Primitives
  readonly storeId: Uint8Array
}

/** Writes the index as it is now, piece by piece: later changes may be in it or not. Bytes written. */
export async function writeCheckpoint(
  index: StoreIndex,
  position: CheckpointPosition,
  { disk, primitives, storeId }: CheckpointOptions,
): Promise<number> {
  const head = encodeHead(position, storeId)
  const segments = encodeSegments(index)
  let at = 0
  await replaceFile(disk, path, async (file) => {
    let hash = labelledHash(primitives, indexLabel, head)
    const append = async (bytes: Uint8Array, hashed: boolean): Promise<void> => {
      if (hashed) hash = labelledHash(primitives, indexLabel, hash, bytes)
      await file.write([bytes], at)
      at += bytes.length
    }
    await append(head, false)
    for (let number = 0; number < index.shards.entries.end; number += pieceEntriesMax) {
      const piece = encodePiece(index, number)
      if (piece !== undefined) await append(piece, true)
    }
    await append(new ByteWriter(4).u32(0).finish(), false)
    await append(encodeVaults(index.shards.entries.vaults), true)
    await append(segments, true)
    await append(hash, false)
  })
  return at
}

/** Fills the empty `index`; undefined when there is no checkpoint of this store that verifies. */
export async function readCheckpoint(
  index: StoreIndex,
  { disk, primitives, storeId }: CheckpointOptions,
): Promise<CheckpointPosition | undefined> {
  const bytes = await readWhole(disk)
  if (bytes === undefined) return undefined
  try {
    const parts = splitVerified(primitives, bytes)
    if (parts === undefined || !equalBytes(parts.storeId, storeId)) return undefined
    loadSegments(index, parts.segments)
    const vaults = decodeVaults(parts.vaults)
    for (const piece of parts.pieces) loadPiece(index, piece, vaults)
    return parts.position
  } catch (error) {
    if (hasCode(error, 'MALFORMED')) return undefined
    throw error
  }
}

function encodeHead(position: CheckpointPosition, storeId: Uint8Array): Uint8Array {
  const writer = new ByteWriter(headBytes).fixed(magic).u16(version).u16(0)
  writer.u32(position.segment).u32(position.offset).u64(position.sequence)
  return writer.fixed(storeId).finish()
}

function encodePiece(index: StoreIndex, first: number): Uint8Array | undefined {
  const { entries } = index.shards
  const end = Math.min(first + pieceEntriesMax, entries.end)
  const writer = new ByteWriter(4 + (end - first) * entryBytes).u32(0)
  let count = 0
  for (let number = first; number < end; number += 1) {
    if (!entries.isLive(number)) continue
    const entry = entries.get(number)
    writer
      .fixed(entry.shardId)
      .u8(entry.damaged ? 1 : 0)
      .u32(entries.vaultNumber(entry.vault))
    writer.u32(entry.segment).u32(entry.offset / recordAlignBytes)
    writer.u32(entry.dataBytes).u64(entry.recordNumber)
    count += 1
  }
  const bytes = writer.finish()
  new DataView(bytes.buffer, bytes.byteOffset, 4).setUint32(0, count, true)
  return count === 0 ? undefined : bytes
}

function loadPiece(index: StoreIndex, piece: Uint8Array, vaults: readonly Uint8Array[]): void {
  const reader = new ByteReader(piece, 'the index')
  for (let count = reader.u32(); count > 0; count -= 1) {
    const shardId = reader.fixed(shardIdBytes)
    const damaged = (reader.u8() & 1) !== 0
    const vault = vaults[reader.u32()]
    if (vault === undefined) throw reader.malformed('an entry names no vault')
    const [segment, units, dataBytes] = [reader.u32(), reader.u32(), reader.u32()]
    const recordNumber = reader.u64()
    const offset = units * recordAlignBytes
    index.load({ shardId, damaged, vault, segment, offset, dataBytes, recordNumber })
  }
}

function encodeVaults(vaults: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(4 + vaults.length * 16).u32(vaults.length)
  for (const vault of vaults) writer.fixed(vault)
  return writer.finish()
}

function decodeVaults(bytes: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(bytes, 'the index')
  return Array.from({ length: reader.u32() }, () => reader.fixed(16).slice())
}

function encodeSegments(index: StoreIndex): Uint8Array {
  const rows = [...index.segments.rows]
  const writer = new ByteWriter().u32(rows.length)
  for (const row of rows) {
    writer
      .u32(row.number)
      .u8(row.emptying ? 1 : 0)
      .u32(row.writtenBytes)
      .u32(row.deletes.size)
    for (const [dead, count] of row.deletes) writer.u32(dead).u32(count)
  }
  return writer.finish()
}

function loadSegments(index: StoreIndex, bytes: Uint8Array): void {
  const reader = new ByteReader(bytes, 'the index')
  for (let count = reader.u32(); count > 0; count -= 1) {
    const row = index.segments.add(reader.u32())
    if (reader.u8() !== 0) index.segments.beginEmptying(row.number)
    row.writtenBytes = reader.u32()
    for (let deletes = reader.u32(); deletes > 0; deletes -= 1) {
      row.deletes.set(reader.u32(), reader.u32())
    }
  }
}

interface CheckpointParts {
  readonly position: CheckpointPosition
  readonly storeId: Uint8Array
  readonly pieces: readonly Uint8Array[]
  readonly vaults: Uint8Array
  readonly segments: Uint8Array
}

/** Undefined for another version or when the hash at the end is wrong. Throws MALFORMED for a broken shape. */
function splitVerified(primitives: Primitives, bytes: Uint8Array): CheckpointParts | undefined {
  const reader = new ByteReader(bytes, 'the index')
  if (!equalBytes(reader.fixed(8), magic) || reader.u16() !== version) return undefined
  reader.u16()
  const position = { segment: reader.u32(), offset: reader.u32(), sequence: reader.u64() }
  const storeId = reader.fixed(16)
  let hash = labelledHash(primitives, indexLabel, bytes.subarray(0, headBytes))
  const part = (measure: () => void): Uint8Array => {
    const from = reader.at
    measure()
    return bytes.subarray(from, reader.at)
  }
  const hashed = (piece: Uint8Array): Uint8Array => {
    hash = labelledHash(primitives, indexLabel, hash, piece)
    return piece
  }
  const pieces: Uint8Array[] = []
  for (;;) {
    const piece = part(() => reader.fixed(reader.count(pieceEntriesMax, entryBytes) * entryBytes))
    if (piece.length === 4) break
    pieces.push(hashed(piece))
  }
  const vaults = hashed(part(() => reader.fixed(reader.u32() * 16)))
  const segments = hashed(part(() => skipSegments(reader)))
  if (!equalBytes(reader.fixed(32), hash)) return undefined
  return { position, storeId, pieces, vaults, segments }
}

function skipSegments(reader: ByteReader): void {
  for (let count = reader.count(2 ** 31, 13); count > 0; count -= 1) {
    reader.fixed(9)
    reader.fixed(reader.u32() * 8)
  }
}

async function readWhole(disk: Disk): Promise<Uint8Array | undefined> {
  let file: DiskFile | undefined
  try {
    file = await disk.open(path, {})
    const bytes = new Uint8Array(await file.size())
    return bytes.subarray(0, await file.read(bytes, 0))
  } catch (error) {
    // An index that cannot be read is rebuilt; a disk that is gone is not
    if (error instanceof HoldfastError && error.code === 'DISK_GONE') throw error
    return undefined
  } finally {
    await file?.close()
  }
}
