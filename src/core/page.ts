/** Pages of a version's chunk list and its root (docs/format.md, section 9). */
import { assert } from '../base/assert.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { domain, label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { boxOverheadBytes, openBox, sealBox } from './sealed-box.ts'
import { hashBytes, idBytes, sized } from './sized.ts'
import { recordKey, type VaultKeys } from './vault-keys.ts'

const contextStart = domain('page')
const idsLabel = label('page ids')
const pageLabel = label('page')
const listLabel = label('list')

export const sealedPageLengthsBytesMax: number = boxOverheadBytes + 8 + 4 * limits.pageChunksMax

/** Which page of which version. */
export interface PagePlace {
  readonly generation: number
  readonly version: Uint8Array
  /** From 0. */
  readonly number: number
  /** The chunk ids of the page, 32 bytes each, together. */
  readonly ids: Uint8Array
}

export interface PageLengths {
  /** Offset in the content of the page's first byte. */
  readonly offset: number
  /** Plain length of each chunk. */
  readonly lengths: readonly number[]
}

/** Seals the plain lengths of a page, bound to its ids. `nonce`: 12 random bytes. */
export function sealPageLengths(
  primitives: Primitives,
  keys: VaultKeys,
  page: PagePlace & PageLengths & { readonly nonce: Uint8Array },
): Uint8Array {
  const { lengths, offset } = page
  assert(chunksOf(page.ids) === lengths.length, 'a page has as many ids as lengths')
  assert(lengths.every(isChunkLength), 'each chunk of a page has a length')
  const writer = new ByteWriter(8 + 4 * lengths.length).u64(offset)
  for (const length of lengths) writer.u32(length)
  return sealBox(primitives, {
    key: recordKey(primitives, keys, { generation: page.generation, of: page.version }),
    nonce: page.nonce,
    context: pageContext(primitives, keys, page),
    parts: [writer.finish()],
  })
}

/**
 * The plain lengths of a page. What opens was sealed for just these ids at this place of this version, so a
 * reader of a part needs no other page. RECORD_FORGED, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN.
 */
export function openPageLengths(
  primitives: Primitives,
  keys: VaultKeys,
  page: PagePlace & { readonly sealed: Uint8Array },
): PageLengths {
  const key = recordKey(primitives, keys, { generation: page.generation, of: page.version })
  const context = pageContext(primitives, keys, page)
  const inside = openBox(primitives, { key, context, what: 'page of a chunk list' }, page.sealed)
  return readLengths(new ByteReader(inside, 'page of a chunk list'), page.ids)
}

/** H("page", …): what the list root is made of. Ids and sealed lengths as they are stored. */
export function pageHash(
  primitives: Primitives,
  page: { readonly ids: Uint8Array; readonly sealedLengths: Uint8Array },
): Uint8Array {
  const count = new ByteWriter(4).u32(chunksOf(page.ids)).finish()
  return labelledHash(primitives, pageLabel, count, page.ids, page.sealedLengths)
}

/** The root over all pages in order; for no pages too. */
export function listRoot(primitives: Primitives, pageHashes: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(4 + hashBytes * pageHashes.length).u32(pageHashes.length)
  for (const hash of pageHashes) writer.fixed(sized(hash, hashBytes, 'a page hash'))
  return labelledHash(primitives, listLabel, writer.finish())
}

function readLengths(reader: ByteReader, ids: Uint8Array): PageLengths {
  const offset = reader.u64()
  const lengths: number[] = []
  let end = offset
  for (let left = chunksOf(ids); left > 0; left -= 1) {
    const length = reader.u32()
    if (!isChunkLength(length)) throw reader.malformed(`a chunk of ${length} bytes`)
    lengths.push(length)
    end += length
  }
  reader.end()
  if (end > Number.MAX_SAFE_INTEGER) throw reader.malformed('it ends behind 2^53 - 1')
  return { offset, lengths }
}

function isChunkLength(length: number): boolean {
  return length > 0 && length <= limits.chunkBytesMax
}

function chunksOf(ids: Uint8Array): number {
  const count = ids.length / hashBytes
  const fits = Number.isInteger(count) && count > 0 && count <= limits.pageChunksMax
  assert(fits, `a page has 1 to ${limits.pageChunksMax} ids`)
  return count
}

function pageContext(primitives: Primitives, keys: VaultKeys, page: PagePlace): Uint8Array {
  return new ByteWriter(128)
    .fixed(contextStart)
    .fixed(keys.vault)
    .u32(page.generation)
    .fixed(sized(page.version, idBytes, 'a version id'))
    .u32(page.number)
    .fixed(labelledHash(primitives, idsLabel, page.ids))
    .finish()
}
