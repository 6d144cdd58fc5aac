/** The sealed record of a version (docs/format.md, section 9): what was at an entry at one time. */
import { assert } from '../base/assert.ts'
import { isZero } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { limits } from '../base/limits.ts'
import { domain } from './hashing.ts'
import type { Primitives } from './primitives.ts'
import { boxOverheadBytes, checkFormat, openBox, sealBox } from './sealed-box.ts'
import { hashBytes, idBytes, sized } from './sized.ts'
import { recordKey, type VaultKeys } from './vault-keys.ts'

const what = 'version record'
const contextStart = domain('record')
const zeroId = new Uint8Array(idBytes)
const kinds = ['file', 'folder', 'link', 'tombstone'] as const

/** Every sealed record has this length. */
export const sealedRecordBytes: number = boxOverheadBytes + limits.recordBytes
export const digestAlgorithms = Object.freeze({ md5: 1 })

export type RecordKind = (typeof kinds)[number]

export interface VersionRecord {
  readonly kind: RecordKind
  /** The lower 12 bits of the mode. */
  readonly mode: number
  /** Of the content; a link's content is its target. */
  readonly size: number
  readonly modifiedSeconds: number
  readonly modifiedNanoseconds: number
  /** Of the content, 32 bytes; zeros for folders and tombstones. */
  readonly sha256: Uint8Array
  readonly chunkCount: number
  /** Further digests of the content, algorithms rising; unknown ones are kept as they are. */
  readonly digests: readonly RecordDigest[]
}

export interface RecordDigest {
  /** `digestAlgorithms`, or one a newer program knows. */
  readonly algorithm: number
  readonly digest: Uint8Array
}

/** What a sealed record is bound to. */
export interface RecordPlace {
  readonly generation: number
  readonly entry: Uint8Array
  readonly version: Uint8Array
  readonly previous: Uint8Array | undefined
  /** 32 bytes. */
  readonly listRoot: Uint8Array
}

/** `nonce`: 12 random bytes. */
export function sealVersionRecord(
  primitives: Primitives,
  keys: VaultKeys,
  request: RecordPlace & { readonly nonce: Uint8Array; readonly record: VersionRecord },
): Uint8Array {
  return sealBox(primitives, {
    key: recordKey(primitives, keys, { generation: request.generation, of: request.version }),
    nonce: request.nonce,
    context: recordContext(keys, request),
    parts: [encodeVersionRecord(request.record)],
  })
}

/** RECORD_FORGED when it was sealed for another place, MALFORMED, VERSION_UNSUPPORTED, FORBIDDEN. */
export function openVersionRecord(
  primitives: Primitives,
  keys: VaultKeys,
  request: RecordPlace & { readonly sealed: Uint8Array },
): VersionRecord {
  const key = recordKey(primitives, keys, { generation: request.generation, of: request.version })
  const context = recordContext(keys, request)
  return decodeVersionRecord(openBox(primitives, { key, context, what }, request.sealed))
}

/** 512 bytes. */
export function encodeVersionRecord(record: VersionRecord): Uint8Array {
  const complaint = recordComplaint(record)
  assert(complaint === undefined, `a version record: ${complaint}`)
  const writer = new ByteWriter(limits.recordBytes)
    .u8(1)
    .u8(kinds.indexOf(record.kind) + 1)
    .u16(record.mode)
    .u64(record.size)
    .i64(record.modifiedSeconds)
    .u32(record.modifiedNanoseconds)
    .fixed(sized(record.sha256, hashBytes, 'a SHA-256'))
    .u32(record.chunkCount)
    .u8(record.digests.length)
  for (const { algorithm, digest } of record.digests) {
    writer.u8(algorithm).u8(digest.length).fixed(digest)
  }
  assert(writer.length <= limits.recordBytes, 'the digests fit into a version record')
  return writer.zeros(limits.recordBytes - writer.length).finish()
}

/** Copies, so that a digest kept keeps nothing else. MALFORMED, VERSION_UNSUPPORTED. */
export function decodeVersionRecord(bytes: Uint8Array): VersionRecord {
  const reader = new ByteReader(bytes, what)
  checkFormat(reader.u8(), what)
  if (bytes.length !== limits.recordBytes) throw reader.malformed(`it has ${bytes.length} bytes`)
  const record = Object.freeze({
    kind: readKind(reader),
    mode: reader.u16(),
    size: reader.u64(),
    modifiedSeconds: reader.i64(),
    modifiedNanoseconds: reader.u32(),
    sha256: reader.fixed(hashBytes).slice(),
    chunkCount: reader.u32(),
    digests: readDigests(reader),
  })
  const complaint = recordComplaint(record)
  if (complaint !== undefined) throw reader.malformed(complaint)
  if (!isZero(reader.fixed(reader.remaining))) throw reader.malformed('its padding is not zeros')
  return record
}

function readKind(reader: ByteReader): RecordKind {
  const code = reader.u8()
  const kind = kinds[code - 1]
  if (kind === undefined) throw reader.malformed(`kind ${code} is none`)
  return kind
}

function readDigests(reader: ByteReader): RecordDigest[] {
  const digests: RecordDigest[] = []
  for (let left = reader.u8(); left > 0; left -= 1) {
    digests.push({ algorithm: reader.u8(), digest: reader.fixed(reader.u8()).slice() })
  }
  return digests
}

/** What is wrong with a record; undefined when it can be. */
function recordComplaint(record: VersionRecord): string | undefined {
  const { kind, size, chunkCount } = record
  if (record.mode > 0o7777) return `mode ${record.mode} is over 12 bits`
  if (record.modifiedNanoseconds >= 1e9) return `${record.modifiedNanoseconds} ns is over a second`
  if (size < chunkCount || size > chunkCount * limits.chunkBytesMax) {
    return `${size} bytes cannot be in ${chunkCount} chunks`
  }
  if (kind === 'link' && size > limits.linkTargetBytesMax) return `a link of ${size} bytes`
  const empty = size === 0 && isZero(record.sha256) && record.digests.length === 0
  if ((kind === 'folder' || kind === 'tombstone') && !empty) return `a ${kind} with content`
  return digestComplaint(record.digests)
}

function digestComplaint(digests: readonly RecordDigest[]): string | undefined {
  let last = 0
  for (const { algorithm, digest } of digests) {
    if (algorithm <= last) return 'its digests are not in order'
    if (algorithm === digestAlgorithms.md5 && digest.length !== 16) return 'its MD5 is none'
    last = algorithm
  }
  return undefined
}

function recordContext(keys: VaultKeys, place: RecordPlace): Uint8Array {
  return new ByteWriter(160)
    .fixed(contextStart)
    .fixed(keys.vault)
    .u32(place.generation)
    .fixed(sized(place.entry, idBytes, 'an entry id'))
    .fixed(sized(place.version, idBytes, 'a version id'))
    .fixed(sized(place.previous ?? zeroId, idBytes, 'a version id'))
    .fixed(sized(place.listRoot, hashBytes, 'a list root'))
    .finish()
}
