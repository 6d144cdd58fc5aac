/** Packs: sizes, chunk list and trailer (docs/format.md, section 4). */
import { assert } from '../base/assert.ts'
import { equalBytes, utf8 } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { sealedChunkBytesMax } from './chunk.ts'
import { domain } from './hashing.ts'
import type { Policy } from './policy.ts'
import type { Primitives } from './primitives.ts'
import { boxOverheadBytes, checkBoxFormat, openBoxInto, sealBoxInto } from './sealed-box.ts'
import { hashBytes, idBytes, sized } from './sized.ts'

const MiB = 1024 * 1024
const magic = utf8('HFPK')
const trailerBytes = 8
const entryBytes = hashBytes + 8
const contextStart = domain('pack list')
const what = 'the end of a pack'

/** Bytes of sealed chunks at which a pack is full: k × 1 MiB, within 12 and 16 MiB. */
export function packTargetBytes(policy: Pick<Policy, 'k'>): number {
  const { packBytesTargetMin, packBytesTargetMax } = limits
  return Math.min(Math.max(policy.k * MiB, packBytesTargetMin), packBytesTargetMax)
}

/** Whether a pack that holds `chunkBytes` of sealed chunks takes `nextBytes` more, or is closed first. */
export function packTakes(
  policy: Pick<Policy, 'k'>,
  filling: { readonly chunkBytes: number; readonly nextBytes: number },
): boolean {
  const { chunkBytes, nextBytes } = filling
  return chunkBytes === 0 || chunkBytes + nextBytes <= packTargetBytes(policy)
}

/** Length of each of a pack's shards, a multiple of 64. */
export function shardBytesOf(packBytes: number, k: number): number {
  return Math.ceil(Math.ceil(packBytes / k) / limits.shardAlignBytes) * limits.shardAlignBytes
}

export interface PackedChunk {
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly generation: number
  readonly sealedBytes: number
}

export interface PackListKey {
  /** The vault's pack-list key, 32 bytes. */
  readonly key: Uint8Array
  readonly vault: Uint8Array
  readonly pack: Uint8Array
}

/** Bytes of chunk list and trailer of a pack of so many chunks. */
export function packTailBytes(chunkCount: number): number {
  return listBytes(chunkCount) + trailerBytes
}

/** Writes chunk list and trailer into `into`, whose length is `packTailBytes`; the nonce is 12 random bytes. */
export function writePackTail(
  primitives: Primitives,
  keys: PackListKey & { readonly nonce: Uint8Array },
  options: { readonly chunks: readonly PackedChunk[]; readonly into: Uint8Array },
): void {
  const { chunks, into } = options
  sized(into, packTailBytes(chunks.length), 'the end of a pack')
  const list = new ByteWriter(4 + entryBytes * chunks.length).u32(chunks.length)
  for (const { id, generation, sealedBytes } of chunks) {
    list
      .fixed(sized(id, hashBytes, 'a chunk id'))
      .u32(generation)
      .u32(sealedBytes)
  }
  const box = { key: keys.key, nonce: keys.nonce, context: listContext(keys) }
  const listEnd = into.length - trailerBytes
  sealBoxInto(primitives, { ...box, parts: [list.finish()] }, into.subarray(0, listEnd))
  into.set(new ByteWriter(trailerBytes).u32(listEnd).fixed(magic).finish(), listEnd)
}

export interface PlacedChunk extends PackedChunk {
  /** Offset of the sealed chunk in the pack. */
  readonly offset: number
}

/**
 * Chunks of a whole pack (pack length, without the zeros behind it). MALFORMED, VERSION_UNSUPPORTED, or
 * CORRUPT when the list was not sealed for this vault and pack. Ids are views, no copies.
 */
export function readPackTail(
  primitives: Primitives,
  keys: PackListKey,
  options: { readonly pack: Uint8Array },
): PlacedChunk[] {
  const { pack } = options
  const sealed = sealedList(pack)
  checkBoxFormat(sealed, what)
  const target = new Uint8Array(sealed.length - boxOverheadBytes)
  if (!openBoxInto(primitives, { key: keys.key, context: listContext(keys), sealed, target })) {
    throw new HoldfastError('CORRUPT', `Cannot open ${what}: it was not sealed for this pack`)
  }
  return placedChunks(target, pack.length - trailerBytes - sealed.length)
}

function sealedList(pack: Uint8Array): Uint8Array {
  const trailer = new ByteReader(pack.subarray(Math.max(0, pack.length - trailerBytes)), what)
  const length = trailer.u32()
  if (!equalBytes(trailer.fixed(magic.length), magic)) throw trailer.malformed('it has no trailer')
  const end = pack.length - trailerBytes
  if (length > end) throw trailer.malformed(`a chunk list of ${length} bytes in ${end}`)
  return pack.subarray(end - length, end)
}

/** `chunkBytes`: what all chunks together must have. */
function placedChunks(list: Uint8Array, chunkBytes: number): PlacedChunk[] {
  const reader = new ByteReader(list, 'a chunk list')
  const count = reader.count(Math.floor(limits.packBytesMax / entryBytes), entryBytes)
  const chunks: PlacedChunk[] = []
  let offset = 0
  for (let at = 0; at < count; at += 1) {
    const [id, generation, sealedBytes] = [reader.fixed(hashBytes), reader.u32(), reader.u32()]
    if (sealedBytes <= boxOverheadBytes || sealedBytes > sealedChunkBytesMax) {
      throw reader.malformed(`a sealed chunk of ${sealedBytes} bytes`)
    }
    chunks.push({ id, generation, sealedBytes, offset })
    offset += sealedBytes
  }
  reader.end()
  if (offset !== chunkBytes) throw reader.malformed(`chunks of ${offset} bytes in ${chunkBytes}`)
  return chunks
}

function listBytes(chunkCount: number): number {
  assert(chunkCount > 0, 'a pack has a chunk')
  return boxOverheadBytes + 4 + entryBytes * chunkCount
}

function listContext({ vault, pack }: PackListKey): Uint8Array {
  return new ByteWriter(contextStart.length + 2 * idBytes)
    .fixed(contextStart)
    .fixed(sized(vault, idBytes, 'a vault id'))
    .fixed(sized(pack, idBytes, 'a pack id'))
    .finish()
}
