/** The long lists in control messages, packed (docs/control.md, section 6). */
import { fromHex, toHex } from '../base/bytes.ts'
import type { ByteReader } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { packed, packedVarying } from './schema.ts'

const shardStates = ['durable', 'missing', 'unknown', 'lost'] as const
const operationBytesMax = 8 * 1024
const sealedLengthsBytesMax = 8 * 1024
const shardsMax = limits.policyDataMax + limits.policyParityMax

export interface SentChunk {
  /** 32 bytes. */
  readonly id: Uint8Array
  /** In the pack. */
  readonly offset: number
  /** Sealed. */
  readonly length: number
  readonly generation: number
}

export const sentChunks = packed<SentChunk>({
  what: 'chunks',
  bytesEach: 44,
  most: limits.registerChunksMax,
  read: (reader) => ({
    id: reader.fixed(32).slice(),
    offset: reader.u32(),
    length: reader.u32(),
    generation: reader.u32(),
  }),
  write: (writer, { id, offset, length, generation }) =>
    writer.fixed(id).u32(offset).u32(length).u32(generation),
})

export interface SentPage {
  readonly number: number
  /** 32 bytes each. */
  readonly ids: Uint8Array
  readonly sealedLengths: Uint8Array
}

export interface SentOperation {
  readonly bytes: Uint8Array
  /** Of a version whose pages were not staged. */
  readonly pages: readonly SentPage[]
}

/** Views into the text that came. */
export const sentOperations = packedVarying<SentOperation>(
  {
    what: 'operations',
    most: limits.commitOperationsMax,
    read: (reader) => ({
      bytes: reader.bytes(operationBytesMax),
      pages: Array.from({ length: pageCount(reader) }, () => readPage(reader)),
    }),
    write(writer, { bytes, pages }) {
      writer.bytes(bytes).u8(pages.length)
      for (const { number, ids, sealedLengths } of pages) {
        writer.u32(number).bytes(ids).bytes(sealedLengths)
      }
    },
  },
  limits.controlBodyBytesMax,
)

function pageCount(reader: ByteReader): number {
  const count = reader.u8()
  if (count > limits.inlinePagesMax) throw reader.malformed(`${count} pages of one operation`)
  return count
}

function readPage(reader: ByteReader): SentPage {
  const number = reader.u32()
  const ids = reader.bytes(32 * limits.pageChunksMax)
  return { number, ids, sealedLengths: reader.bytes(sealedLengthsBytesMax) }
}

/** Position in `packs`, offset in the pack, sealed length, key generation. */
export type SentPlace = [pack: number, offset: number, length: number, generation: number]

export const sentPlaces = packed<SentPlace>({
  what: 'places',
  bytesEach: 16,
  most: limits.pageChunksMax,
  read: (reader) => [reader.u32(), reader.u32(), reader.u32(), reader.u32()],
  write: (writer, [pack, offset, length, generation]) =>
    writer.u32(pack).u32(offset).u32(length).u32(generation),
})

export interface ToldShard {
  readonly index: number
  /** Node id, hex. */
  readonly node: string
  readonly state: (typeof shardStates)[number]
}

export const toldShards = packed<ToldShard>({
  what: 'shards',
  bytesEach: 18,
  most: shardsMax,
  read(reader) {
    const node = toHex(reader.fixed(16))
    const index = reader.u8()
    const code = reader.u8()
    const state = shardStates[code - 1]
    if (state === undefined) throw reader.malformed(`state ${code} is none`)
    return { index, node, state }
  },
  write(writer, { index, node, state }) {
    const id = fromHex(node) ?? new Uint8Array(16)
    writer
      .fixed(id)
      .u8(index)
      .u8(shardStates.indexOf(state) + 1)
  },
})
