/** The long lists in control messages, packed (docs/control.md, section 6). */
import { fromHex, toHex } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { packed } from './schema.ts'

const shardStates = ['durable', 'missing', 'unknown', 'lost'] as const
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
