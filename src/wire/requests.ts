/** Payloads of requests (docs/protocol.md, section 3). Decoders throw MALFORMED and give views. */
import { isZero } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { hashBytes, idBytes } from '../core/sized.ts'
import { decodeShardId, shardIdBytes } from '../core/shard.ts'

export const placeBytes = shardIdBytes + idBytes

/** A shard and the vault it must belong to. */
export interface ShardPlace {
  /** 21 bytes. */
  readonly shardId: Uint8Array
  /** 16 bytes. */
  readonly vault: Uint8Array
}

export interface PutRequest extends ShardPlace {
  /** Of header and data together. */
  readonly bodyBytes: number
  readonly root: Uint8Array
}

export interface ReadRequest extends ShardPlace {
  readonly offset: number
  readonly length: number
}

export interface LeafRequest extends ShardPlace {
  readonly leaf: number
}

export interface ListRequest {
  readonly after: Uint8Array | undefined
  readonly most: number
}

export interface DeleteRequest {
  readonly term: number
  readonly shards: readonly { readonly shardId: Uint8Array; readonly recordNumber: number }[]
}

export interface TimeRequest {
  readonly timeMs: number
  readonly term: number
}

export function encodePut(put: PutRequest): Uint8Array {
  return place(new ByteWriter(128), put).u32(put.bodyBytes).fixed(put.root).finish()
}

export function decodePut(payload: Uint8Array): PutRequest {
  return whole(payload, 'a put', (reader) => ({
    ...readPlace(reader),
    bodyBytes: reader.u32(),
    root: reader.fixed(hashBytes),
  }))
}

export function encodeRead(read: ReadRequest): Uint8Array {
  return place(new ByteWriter(64), read).u32(read.offset).u32(read.length).finish()
}

export function decodeRead(payload: Uint8Array): ReadRequest {
  return whole(payload, 'a read', (reader) => ({
    ...readPlace(reader),
    offset: reader.u32(),
    length: reader.u32(),
  }))
}

export function encodePlace(shard: ShardPlace): Uint8Array {
  return place(new ByteWriter(64), shard).finish()
}

export function decodePlace(payload: Uint8Array): ShardPlace {
  return whole(payload, 'a shard id', readPlace)
}

export function encodeLeaf(leaf: LeafRequest): Uint8Array {
  return place(new ByteWriter(64), leaf).u32(leaf.leaf).finish()
}

export function decodeLeaf(payload: Uint8Array): LeafRequest {
  return whole(payload, 'a leaf request', (reader) => ({
    ...readPlace(reader),
    leaf: reader.u32(),
  }))
}

export function encodeHave(shards: readonly ShardPlace[]): Uint8Array {
  const writer = new ByteWriter(2 + shards.length * placeBytes).u16(shards.length)
  for (const shard of shards) place(writer, shard)
  return writer.finish()
}

export function decodeHave(payload: Uint8Array): ShardPlace[] {
  return whole(payload, 'a have', (reader) =>
    repeat(readCount(reader, limits.haveShardsMax), () => readPlace(reader)),
  )
}

export function encodeList(list: ListRequest): Uint8Array {
  const writer = new ByteWriter(32).u8(list.after === undefined ? 0 : 1)
  return writer
    .fixed(list.after ?? new Uint8Array(shardIdBytes))
    .u16(list.most)
    .finish()
}

export function decodeList(payload: Uint8Array): ListRequest {
  return whole(payload, 'a list', (reader) => {
    const hasCursor = reader.u8()
    const cursor = reader.fixed(shardIdBytes)
    const most = reader.u16()
    if (hasCursor > 1) throw reader.malformed(`cursor mark ${hasCursor}`)
    if (hasCursor === 0 && !isZero(cursor)) throw reader.malformed('a cursor that is none')
    if (most < 1 || most > limits.listShardsMax) throw reader.malformed(`${most} shards asked for`)
    return { after: hasCursor === 1 ? cursor : undefined, most }
  })
}

export function encodeDelete(request: DeleteRequest): Uint8Array {
  const writer = new ByteWriter(8 + request.shards.length * 29)
  writer.u32(request.term).u16(request.shards.length)
  for (const { shardId, recordNumber } of request.shards) writer.fixed(shardId).u64(recordNumber)
  return writer.finish()
}

export function decodeDelete(payload: Uint8Array): DeleteRequest {
  return whole(payload, 'a delete', (reader) => ({
    term: reader.u32(),
    shards: repeat(readCount(reader, limits.deleteShardsMax), () => ({
      shardId: readShardId(reader),
      recordNumber: reader.u64(),
    })),
  }))
}

export function encodeTime(time: TimeRequest): Uint8Array {
  return new ByteWriter(12).u64(time.timeMs).u32(time.term).finish()
}

export function decodeTime(payload: Uint8Array): TimeRequest {
  return whole(payload, 'a time', (reader) => ({ timeMs: reader.u64(), term: reader.u32() }))
}

function place(writer: ByteWriter, shard: ShardPlace): ByteWriter {
  return writer.fixed(shard.shardId).fixed(shard.vault)
}

function readPlace(reader: ByteReader): ShardPlace {
  return { shardId: readShardId(reader), vault: reader.fixed(idBytes) }
}

function readShardId(reader: ByteReader): Uint8Array {
  const shardId = reader.fixed(shardIdBytes)
  decodeShardId(shardId)
  return shardId
}

export function readCount(reader: ByteReader, countMax: number): number {
  const count = reader.u16()
  if (count > countMax) throw reader.malformed(`count ${count} is over ${countMax}`)
  return count
}

export function repeat<Item>(count: number, read: () => Item): Item[] {
  return Array.from({ length: count }, read)
}

/** Reads all of the payload. */
export function whole<Value>(
  payload: Uint8Array,
  what: string,
  read: (reader: ByteReader) => Value,
): Value {
  const reader = new ByteReader(payload, what)
  const value = read(reader)
  reader.end()
  return value
}
