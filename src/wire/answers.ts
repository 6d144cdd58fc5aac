/** Payloads of answers (docs/protocol.md, section 3). Decoders throw MALFORMED and give views. */
import { utf8, utf8ToText } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import type { ByteReader } from '../base/encoding.ts'
import { errorFromJson, errorToJson } from '../base/errors.ts'
import type { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { headerBytes, shardIdBytes } from '../core/shard.ts'
import { hashBytes, idBytes } from '../core/sized.ts'
import { readCount, repeat, whole } from './requests.ts'
import type { ShardPlace } from './requests.ts'
import type { Deleted, Held, NodeStatus, ShardHead } from './shard-requests.ts'
import { stateFromNumber, stateNumbers } from './store-state.ts'

const heldWords: readonly Held[] = ['absent', 'held', 'damaged']
const deletedWords: readonly Deleted[] = ['absent', 'removed', 'kept']

export interface ListedPlace extends ShardPlace {
  readonly dataBytes: number
  readonly recordNumber: number
  readonly ageMs: number
  readonly root: Uint8Array
}

export interface Listed {
  readonly more: boolean
  readonly shards: readonly ListedPlace[]
}

export interface ProofHead {
  readonly header: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

/** Cut to `bytesMax`: details go first, then the end of the message. */
export function encodeError(error: unknown, bytesMax: number): Uint8Array {
  const { code, message, details } = errorToJson(error)
  const codeBytes = utf8(code)
  const room = bytesMax - 12 - codeBytes.length
  const messageBytes = utf8(message).subarray(0, room)
  const detailBytes = details === undefined ? none : utf8(JSON.stringify(details))
  const fits = messageBytes.length + detailBytes.length <= room
  return new ByteWriter(256)
    .bytes(codeBytes)
    .bytes(messageBytes)
    .bytes(fits ? detailBytes : none)
    .finish()
}

/** The error that the other side meant. An unknown code becomes INTERNAL. Throws MALFORMED. */
export function decodeError(payload: Uint8Array): HoldfastError {
  return whole(payload, 'an error', (reader) => {
    const [code, message, details] = repeat(3, () => utf8ToText(reader.bytes(payload.length)))
    return errorFromJson({
      code: code!,
      message: message!,
      details: parseDetails(reader, details!),
    })
  })
}

function parseDetails(reader: ByteReader, text: string): Record<string, unknown> | undefined {
  if (text === '') return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw reader.malformed('its details are not a JSON object')
}

export function encodeReceipt(receipt: Uint8Array): Uint8Array {
  return new ByteWriter(receipt.length + 4).bytes(receipt).finish()
}

export function decodeReceipt(payload: Uint8Array): Uint8Array {
  return whole(payload, 'a receipt answer', (reader) => reader.bytes(limits.framePayloadBytesMax))
}

export function encodeHead(head: ShardHead): Uint8Array {
  return new ByteWriter(headerBytes + hashBytes).fixed(head.header).fixed(head.root).finish()
}

export function decodeHead(payload: Uint8Array): ShardHead {
  return whole(payload, 'a header answer', (reader) => ({
    header: reader.fixed(headerBytes),
    root: reader.fixed(hashBytes),
  }))
}

export function encodeProof(proof: ProofHead): Uint8Array {
  const writer = new ByteWriter(1024).fixed(proof.header).u8(proof.siblings.length)
  for (const sibling of proof.siblings) writer.fixed(sibling)
  return writer.finish()
}

export function decodeProof(payload: Uint8Array): ProofHead {
  return whole(payload, 'a proof', (reader) => ({
    header: reader.fixed(headerBytes),
    siblings: repeat(reader.u8(), () => reader.fixed(hashBytes)),
  }))
}

export function encodeHeld(held: readonly Held[]): Uint8Array {
  return Uint8Array.from(held, (word) => heldWords.indexOf(word))
}

export function decodeHeld(payload: Uint8Array, count: number): Held[] {
  return words(payload, { words: heldWords, count, what: 'a have answer' })
}

export function encodeDeleted(deleted: readonly Deleted[]): Uint8Array {
  return Uint8Array.from(deleted, (word) => deletedWords.indexOf(word))
}

export function decodeDeleted(payload: Uint8Array, count: number): Deleted[] {
  return words(payload, { words: deletedWords, count, what: 'a delete answer' })
}

function words<Word>(
  payload: Uint8Array,
  options: { readonly words: readonly Word[]; readonly count: number; readonly what: string },
): Word[] {
  return whole(payload, options.what, (reader) =>
    repeat(options.count, () => {
      const number = reader.u8()
      const word = options.words[number]
      if (word === undefined) throw reader.malformed(`unknown mark ${number}`)
      return word
    }),
  )
}

export function encodeListed(listed: Listed): Uint8Array {
  const writer = new ByteWriter(8 + listed.shards.length * 89)
  writer.u8(listed.more ? 1 : 0).u16(listed.shards.length)
  for (const shard of listed.shards) {
    writer.fixed(shard.shardId).fixed(shard.vault).u32(shard.dataBytes)
    writer.u64(shard.recordNumber).u64(shard.ageMs).fixed(shard.root)
  }
  return writer.finish()
}

export function decodeListed(payload: Uint8Array): Listed {
  return whole(payload, 'a list answer', (reader) => {
    const more = reader.u8()
    if (more > 1) throw reader.malformed(`more mark ${more}`)
    const count = readCount(reader, limits.listShardsMax)
    return { more: more === 1, shards: repeat(count, () => readListed(reader)) }
  })
}

function readListed(reader: ByteReader): ListedPlace {
  return {
    shardId: reader.fixed(shardIdBytes),
    vault: reader.fixed(idBytes),
    dataBytes: reader.u32(),
    recordNumber: reader.u64(),
    ageMs: reader.u64(),
    root: reader.fixed(hashBytes),
  }
}

export function encodeStatus(status: NodeStatus): Uint8Array {
  return new ByteWriter(64)
    .u8(stateNumbers[status.state])
    .fixed(status.storeId)
    .u64(status.lastRecord)
    .u64(status.usedBytes)
    .u64(status.freeBytes)
    .u64(status.shards)
    .u32(status.term)
    .finish()
}

export function decodeStatus(payload: Uint8Array): NodeStatus {
  return whole(payload, 'a status', (reader) => ({
    state: stateFromNumber(reader),
    storeId: reader.fixed(idBytes),
    lastRecord: reader.u64(),
    usedBytes: reader.u64(),
    freeBytes: reader.u64(),
    shards: reader.u64(),
    term: reader.u32(),
  }))
}

const none = new Uint8Array(0)
