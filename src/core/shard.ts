/** What makes a shard a shard: header, codeword hash, root, id (docs/format.md, section 5). */
import { assert } from '../base/assert.ts'
import { equalBytes, isZero, toHex, utf8 } from '../base/bytes.ts'
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { label, labelledHash } from './hashing.ts'
import { shardBytesOf } from './pack.ts'
import { policyComplaint } from './policy.ts'
import type { Primitives } from './primitives.ts'
import { hashBytes, idBytes, sized } from './sized.ts'

export const headerBytes = 128
export const shardIdBytes = 21

export type ShardKind = 'data' | 'journal'

/** What a codeword hash covers beside the data roots. */
export interface CodewordShape {
  /** 1 */
  readonly code: number
  readonly k: number
  readonly m: number
  readonly packBytes: number
}

/** A pack's description: what all its headers have in common but for index and codeword hash. */
export interface PackDescription extends CodewordShape {
  readonly kind: ShardKind
  /** 16 bytes. */
  readonly pack: Uint8Array
  /** 16 bytes. */
  readonly vault: Uint8Array
  readonly placementGeneration: number
}

export interface ShardHeader extends PackDescription {
  readonly index: number
  readonly shardBytes: number
  /** 32 bytes. */
  readonly codeword: Uint8Array
}

const magic = utf8('HFSHARD1')
const version = 1
const kinds = ['data', 'journal'] as const satisfies readonly ShardKind[]
const spareBytes = 24
const checksumBytes = 8
const headerLabel = label('shard header')
const codewordLabel = label('codeword')
const rootLabel = label('shard')
const what = 'a shard header'

/** 128 bytes. */
export function encodeHeader(primitives: Primitives, header: ShardHeader): Uint8Array {
  const { kind, code, k, m, index, shardBytes, packBytes } = header
  const complaint = headerComplaint(header)
  assert(complaint === undefined, `a shard header is written as it may be read: ${complaint}`)
  const writer = new ByteWriter(headerBytes)
    .fixed(magic)
    .u16(version)
    .u8(kinds.indexOf(kind) + 1)
    .u8(code)
    .u8(k)
    .u8(m)
    .u8(index)
    .u8(0)
    .fixed(sized(header.pack, idBytes, 'a pack id'))
    .fixed(sized(header.vault, idBytes, 'a vault id'))
    .u32(header.placementGeneration)
    .u32(shardBytes)
    .u64(packBytes)
    .fixed(sized(header.codeword, hashBytes, 'a codeword hash'))
    .zeros(spareBytes)
  return writer.fixed(checksum(primitives, writer.finish())).finish()
}

/** MALFORMED for anything that `encodeHeader` never writes, VERSION_UNSUPPORTED. Views, no copies. */
export function decodeHeader(primitives: Primitives, bytes: Uint8Array): ShardHeader {
  const reader = new ByteReader(bytes, what)
  if (bytes.length !== headerBytes) {
    throw reader.malformed(`it has ${bytes.length} bytes, not ${headerBytes}`)
  }
  if (!equalBytes(reader.fixed(magic.length), magic)) throw reader.malformed('it is none')
  checkVersion(reader)
  const covered = bytes.subarray(0, headerBytes - checksumBytes)
  if (!equalBytes(checksum(primitives, covered), bytes.subarray(covered.length))) {
    throw reader.malformed('its checksum is wrong')
  }
  const kindNumber = reader.u8()
  const [code, k, m, index] = [reader.u8(), reader.u8(), reader.u8(), reader.u8()]
  if (reader.u8() !== 0) throw reader.malformed('a zero byte is not zero')
  const [pack, vault] = [reader.fixed(idBytes), reader.fixed(idBytes)]
  const [placementGeneration, shardBytes, packBytes] = [reader.u32(), reader.u32(), reader.u64()]
  const codeword = reader.fixed(hashBytes)
  if (!isZero(reader.fixed(spareBytes))) throw reader.malformed('spare bytes are not zero')
  const kind = kinds[kindNumber - 1]
  if (kind === undefined) throw reader.malformed(`its kind is ${kindNumber}`)
  const coded = { kind, code, k, m, index, shardBytes, packBytes }
  const header = { ...coded, pack, vault, placementGeneration, codeword }
  const complaint = headerComplaint(header)
  if (complaint !== undefined) throw reader.malformed(complaint)
  return header
}

function checkVersion(reader: ByteReader): void {
  const found = reader.u16()
  if (found === 0) throw reader.malformed('its version is 0')
  if (found === version) return
  throw new HoldfastError(
    'VERSION_UNSUPPORTED',
    `Cannot read ${what}: its version is ${found}, this program knows ${version}`,
  )
}

function headerComplaint(header: ShardHeader): string | undefined {
  const { k, m, index, packBytes, shardBytes } = header
  const complaint = policyComplaint({ code: header.code, k, m, threshold: k })
  if (complaint !== undefined) return complaint
  if (index >= k + m) return `its index is ${index} of ${k + m}`
  if (packBytes < 1 || packBytes > limits.packBytesMax) return `its pack has ${packBytes} bytes`
  if (shardBytes === shardBytesOf(packBytes, k)) return undefined
  return `it has ${shardBytes} bytes of a pack of ${packBytes} over ${k}`
}

function checksum(primitives: Primitives, covered: Uint8Array): Uint8Array {
  return labelledHash(primitives, headerLabel, covered).subarray(0, checksumBytes)
}

/** `dataRoots`: of all k + m shards in order. */
export function codewordHash(
  primitives: Primitives,
  shape: CodewordShape,
  options: { readonly dataRoots: readonly Uint8Array[] },
): Uint8Array {
  const { code, k, m, packBytes } = shape
  const { dataRoots } = options
  assert(dataRoots.length === k + m, 'a codeword has k + m data roots')
  const writer = new ByteWriter(16 + hashBytes * dataRoots.length)
  writer.u8(code).u8(k).u8(m).u64(packBytes)
  for (const root of dataRoots) writer.fixed(sized(root, hashBytes, 'a data root'))
  return labelledHash(primitives, codewordLabel, writer.finish())
}

/** Root of a shard from its encoded header and its data root. */
export function shardRoot(
  primitives: Primitives,
  options: { readonly header: Uint8Array; readonly dataRoot: Uint8Array },
): Uint8Array {
  return labelledHash(primitives, rootLabel, options.header, options.dataRoot)
}

export interface ShardIdentity {
  /** Encoded header, 128 bytes. */
  readonly header: Uint8Array
  readonly root: Uint8Array
}

/** Headers and roots of all k + m shards from the description and all data roots in order. */
export function shardIdentities(
  primitives: Primitives,
  description: PackDescription,
  options: { readonly dataRoots: readonly Uint8Array[] },
): ShardIdentity[] {
  const codeword = codewordHash(primitives, description, options)
  const shardBytes = shardBytesOf(description.packBytes, description.k)
  return options.dataRoots.map((dataRoot, index) => {
    const header = encodeHeader(primitives, { ...description, index, shardBytes, codeword })
    return { header, root: shardRoot(primitives, { header, dataRoot }) }
  })
}

export interface ShardId {
  /** 16 bytes. */
  readonly pack: Uint8Array
  readonly index: number
  readonly placementGeneration: number
}

const indexEnd = limits.policyDataMax + limits.policyParityMax

/** 21 bytes. */
export function encodeShardId(id: ShardId): Uint8Array {
  assert(id.index < indexEnd, 'a shard index is below 20')
  return new ByteWriter(shardIdBytes)
    .fixed(sized(id.pack, idBytes, 'a pack id'))
    .u8(id.index)
    .u32(id.placementGeneration)
    .finish()
}

/** MALFORMED. Views, no copies. */
export function decodeShardId(bytes: Uint8Array): ShardId {
  const reader = new ByteReader(bytes, 'a shard id')
  const [pack, index, placementGeneration] = [reader.fixed(idBytes), reader.u8(), reader.u32()]
  if (index >= indexEnd) throw reader.malformed(`its index is ${index}`)
  reader.end()
  return { pack, index, placementGeneration }
}

/** `packhex-index-generation` */
export function shardIdText(id: ShardId): string {
  return `${toHex(id.pack)}-${id.index}-${id.placementGeneration}`
}
