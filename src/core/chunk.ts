/** Chunk ids and sealed chunks (docs/format.md, section 3). */
import { assert } from '../base/assert.ts'
import { equalBytes } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { domain } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { boxFormat, boxOverheadBytes, openBoxInto, sealBoxInto } from './sealed-box.ts'
import { hashBytes, sized } from './sized.ts'
import { chunkKey, type VaultKeys } from './vault-keys.ts'

const headBytes = 5
const codecAsItIs = 0
const contextStart = domain('chunk')
const zeroBlock = new Uint8Array(16 * 1024)

/** The id of a chunk: equal plaintexts of a vault have equal ids, and nobody without its keys can tell. */
export function chunkId(primitives: Primitives, keys: VaultKeys, content: Uint8Array): Uint8Array {
  return primitives.blake3Keyed(keys.chunkIdKey, content)
}

/** Rounds a length up so that it tells little (Padmé): at most 12 % more, less for longer ones. */
export function padme(length: number): number {
  if (length < 2) return length
  const exponent = 31 - Math.clz32(length)
  const kept = 32 - Math.clz32(exponent)
  const step = 2 ** (exponent - kept)
  return Math.ceil(length / step) * step
}

/** Length of the sealed chunk of this much content. */
export function sealedChunkBytes(contentBytes: number): number {
  return boxOverheadBytes + padme(headBytes + contentBytes)
}

/** The most a sealed chunk takes, and the longest `target` opening needs. */
export const sealedChunkBytesMax: number = sealedChunkBytes(limits.chunkBytesMax)

export interface ChunkToSeal {
  /** `chunkId` of the same bytes. */
  readonly id: Uint8Array
  readonly content: Uint8Array
  /** 12 random bytes. */
  readonly nonce: Uint8Array
  /** `sealedChunkBytes(content.length)` bytes, not overlapping the content. May be shared memory. */
  readonly target: Uint8Array
  /** The newest by default. */
  readonly generation?: number
}

/** Seals a chunk into its target and gives that back. */
export function sealChunk(primitives: Primitives, keys: VaultKeys, chunk: ChunkToSeal): Uint8Array {
  const { id, content, nonce, target, generation = keys.newestGeneration } = chunk
  assert(
    content.length > 0 && content.length <= limits.chunkBytesMax,
    `a chunk has 1 to ${limits.chunkBytesMax} bytes, not ${content.length}`,
  )
  sized(target, sealedChunkBytes(content.length), 'the target of a chunk')
  const head = new ByteWriter(headBytes).u8(codecAsItIs).u32(content.length).finish()
  const padding = target.length - boxOverheadBytes - headBytes - content.length
  return sealBoxInto(
    primitives,
    {
      key: chunkKey(primitives, keys, { generation, of: id }),
      nonce,
      context: chunkContext(keys, { generation, id }),
      parts: [head, content, ...zeros(padding)],
    },
    target,
  )
}

export interface ChunkToOpen {
  readonly id: Uint8Array
  readonly generation: number
  readonly sealed: Uint8Array
  /** Where the plaintext goes: at least `sealed.length - 29` bytes, not overlapping `sealed`. */
  readonly target: Uint8Array
}

/**
 * Opens a chunk and checks that it is what its id says; gives its content as a view of the target.
 * All errors carry `details.fault`. 'bytes': these are not the bytes that were sealed, or the place told of
 * them is wrong: try other shards first, even for VERSION_UNSUPPORTED (one flipped bit looks like it).
 * 'writer': the bytes are authentic and wrong (CORRUPT); no other shard can help.
 */
export function openChunk(primitives: Primitives, keys: VaultKeys, chunk: ChunkToOpen): Uint8Array {
  const { id, generation, sealed } = chunk
  checkSealedChunk(sealed)
  const target = chunk.target.subarray(0, sealed.length - boxOverheadBytes)
  const key = chunkKey(primitives, keys, { generation, of: id })
  const context = chunkContext(keys, { generation, id })
  if (!openBoxInto(primitives, { key, context, sealed, target })) {
    throw chunkError('its bytes are not those that were sealed', 'bytes')
  }
  const content = insideOf(target)
  if (!equalBytes(chunkId(primitives, keys, content), id)) {
    throw chunkError('whoever sealed it gave it the id of other content', 'writer')
  }
  return content
}

function checkSealedChunk(sealed: Uint8Array): void {
  if (sealed.length <= boxOverheadBytes + headBytes || sealed.length > sealedChunkBytesMax) {
    throw chunkError(`${sealed.length} bytes cannot be a sealed chunk`, 'bytes')
  }
  const format = sealed[0]!
  if (format === boxFormat) return
  if (format === 0) throw chunkError('its format is 0', 'bytes')
  throw new HoldfastError(
    'VERSION_UNSUPPORTED',
    `Cannot open a chunk: its format is ${format}, this program knows ${boxFormat}`,
    { details: { fault: 'bytes' } },
  )
}

/**
 * The content in what was opened, all of which a holder of the vault's keys wrote. The padding is not read:
 * it means nothing, and is up to a thirtieth of what is opened.
 */
function insideOf(inside: Uint8Array): Uint8Array {
  const view = new DataView(inside.buffer, inside.byteOffset, headBytes)
  if (view.getUint8(0) !== codecAsItIs) {
    throw new HoldfastError(
      'VERSION_UNSUPPORTED',
      `Cannot open a chunk: its codec is ${view.getUint8(0)}, this program knows ${codecAsItIs}`,
      { details: { fault: 'writer' } },
    )
  }
  const length = view.getUint32(1, true)
  const end = headBytes + length
  if (length === 0 || length > limits.chunkBytesMax || padme(end) !== inside.length) {
    throw chunkError(`it says ${length} bytes of content in ${inside.length}`, 'writer')
  }
  return inside.subarray(headBytes, end)
}

function chunkError(why: string, fault: 'bytes' | 'writer'): HoldfastError {
  return new HoldfastError('CORRUPT', `Cannot open a chunk: ${why}`, { details: { fault } })
}

function chunkContext(
  keys: VaultKeys,
  chunk: { readonly generation: number; readonly id: Uint8Array },
): Uint8Array {
  return new ByteWriter(contextStart.length + 1 + 16 + 4 + hashBytes)
    .fixed(contextStart)
    .u8(1)
    .fixed(keys.vault)
    .u32(chunk.generation)
    .fixed(sized(chunk.id, hashBytes, 'a chunk id'))
    .finish()
}

function zeros(count: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let left = count; left > 0; left -= zeroBlock.length) {
    parts.push(zeroBlock.subarray(0, Math.min(left, zeroBlock.length)))
  }
  return parts
}
