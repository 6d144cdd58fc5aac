/** The index on disk (docs/store.md, section 5). */
import { equalBytes, utf8 } from '../base/bytes.ts'
import type { Disk, DiskFile } from '../base/disk.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { hasCode } from '../base/errors.ts'
import { label, labelledHash } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'
import { shardIdBytes } from '../core/shard.ts'
import { hashBytes } from '../core/sized.ts'
import { FileCursor } from './file-cursor.ts'
import { replaceFile } from './replace-file.ts'
import { recordAlignBytes } from './record.ts'
import type { StoreIndex } from './store-index.ts'
import { isUnreadable } from './unreadable.ts'

const path = 'index'
const name = 'the index'
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

/**
 * Fills the empty `index`; undefined when there is no checkpoint of this store that verifies. It is read
 * twice, piece by piece, first to verify it: beside the index it takes memory of a piece only.
 */
export async function readCheckpoint(
  index: StoreIndex,
  { disk, primitives, storeId }: CheckpointOptions,
): Promise<CheckpointPosition | undefined> {
  let file: DiskFile | undefined
  try {
    file = await disk.open(path, {})
    const ends = await verify(primitives, file)
    if (ends === undefined || !equalBytes(ends.storeId, storeId)) return undefined
    loadSegments(index, ends.segments)
    await loadPieces(index, file, decodeVaults(ends.vaults))
    return ends.position
  } catch (error) {
    // An index that cannot be read is rebuilt
    if (isUnreadable(error) || hasCode(error, 'MALFORMED')) return undefined
    throw error
  } finally {
    await file?.close()
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
  const reader = new ByteReader(piece, name)
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
  const reader = new ByteReader(bytes, name)
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
  const reader = new ByteReader(bytes, name)
  for (let count = reader.u32(); count > 0; count -= 1) {
    const row = index.segments.add(reader.u32())
    if (reader.u8() !== 0) index.segments.beginEmptying(row.number)
    row.writtenBytes = reader.u32()
    for (let deletes = reader.u32(); deletes > 0; deletes -= 1) {
      row.deletes.set(reader.u32(), reader.u32())
    }
  }
}

/** What stands around the pieces. */
interface CheckpointEnds {
  readonly position: CheckpointPosition
  readonly storeId: Uint8Array
  readonly vaults: Uint8Array
  readonly segments: Uint8Array
}

/** Undefined for another version or when the hash at the end is wrong. Throws MALFORMED for a broken shape. */
async function verify(primitives: Primitives, file: DiskFile): Promise<CheckpointEnds | undefined> {
  const cursor = new FileCursor(file, { name, fileBytes: await file.size() })
  const head = (await cursor.take(headBytes)).slice()
  const reader = new ByteReader(head, name)
  if (!equalBytes(reader.fixed(8), magic) || reader.u16() !== version) return undefined
  reader.u16()
  const position = { segment: reader.u32(), offset: reader.u32(), sequence: reader.u64() }
  const storeId = reader.fixed(16)
  let hash = labelledHash(primitives, indexLabel, head)
  const hashed = (part: Uint8Array): Uint8Array => {
    hash = labelledHash(primitives, indexLabel, hash, part)
    return part
  }
  for (;;) {
    const piece = await takePiece(cursor)
    if (piece.length === 4) break
    hashed(piece)
  }
  const vaultCount = new ByteReader(await cursor.peek(4), name).u32()
  const vaults = hashed(await cursor.take(4 + vaultCount * 16)).slice()
  const segments = hashed(await cursor.take(Math.max(0, cursor.restBytes - hashBytes))).slice()
  if (!equalBytes(await cursor.take(hashBytes), hash)) return undefined
  return { position, storeId, vaults, segments }
}

async function loadPieces(
  index: StoreIndex,
  file: DiskFile,
  vaults: readonly Uint8Array[],
): Promise<void> {
  const cursor = new FileCursor(file, { name, fileBytes: await file.size() })
  await cursor.take(headBytes)
  for (;;) {
    const piece = await takePiece(cursor)
    if (piece.length === 4) return
    loadPiece(index, piece, vaults)
  }
}

/** With its count in front; the last one has nothing else. */
async function takePiece(cursor: FileCursor): Promise<Uint8Array> {
  const reader = new ByteReader(await cursor.peek(4), name)
  const count = reader.u32()
  if (count > pieceEntriesMax) throw reader.malformed(`a piece of ${count} entries`)
  return cursor.take(4 + count * entryBytes)
}
