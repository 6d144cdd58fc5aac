/** Reads of ranges, headers and leaves. Memory is bounded by the pool of the node, whatever is asked for. */
import type { HeldShard, ShardDescription } from '../blocks/shard-store.ts'
import { equalBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { leafHashes, proveLeaf } from '../core/merkle.ts'
import { decodeShardId, shardIdText } from '../core/shard.ts'
import { ticketRights } from '../core/ticket.ts'
import { encodeHead, encodeHeld, encodeProof } from '../wire/answers.ts'
import { frameTypes } from '../wire/frame-types.ts'
import type { LeafRequest, ReadRequest, ShardPlace } from '../wire/requests.ts'
import type { Held } from '../wire/shard-requests.ts'
import type { Answer, NodeCall } from './node-call.ts'

interface Range {
  readonly shardId: Uint8Array
  readonly offset: number
  readonly length: number
}

export async function handleRead(call: NodeCall, request: ReadRequest): Promise<Answer> {
  const { offset, length } = request
  const held = findReadable(call, request)
  if (offset + length > held.dataBytes) {
    const message = `Cannot read ${length} bytes at ${offset} of a shard of ${held.dataBytes} bytes`
    throw new HoldfastError('OVER_LIMIT', message)
  }
  if (length === 0) await call.sendBody(none, true)
  else await sendRange(call, request)
  return undefined
}

/** Reads the next piece while the last one is leaving. */
async function sendRange(call: NodeCall, range: Range): Promise<void> {
  let leaving: Promise<void> = Promise.resolve()
  const end = range.offset + range.length
  try {
    for (let at = range.offset; at < end; at += limits.readChunkBytes) {
      const length = Math.min(limits.readChunkBytes, end - at)
      const buffer = await readChunk(call, { shardId: range.shardId, offset: at, length })
      const before = leaving
      leaving = before.then(() => call.sendBody(buffer.bytes, at + length === end))
      void Promise.allSettled([leaving]).then(() => buffer.release())
      await before
    }
  } finally {
    await leaving
  }
}

async function readChunk(call: NodeCall, { shardId, offset, length }: Range) {
  const { store, sendPool } = call.context
  const buffer = await sendPool.take(length, call.signal)
  try {
    if (await store.read(shardId, { offset, target: buffer.bytes })) return buffer
    throw notFound(shardId)
  } catch (error) {
    buffer.release()
    throw error
  }
}

export async function handleReadHeader(call: NodeCall, request: ShardPlace): Promise<Answer> {
  return { type: frameTypes.header, payload: encodeHead(await readDescription(call, request)) }
}

/** The whole shard is read and hashed for it: leaves are not kept. */
export async function handleProveLeaf(call: NodeCall, request: LeafRequest): Promise<Answer> {
  const { header, dataBytes } = await readDescription(call, request)
  const { shardId, leaf } = request
  const offset = leaf * limits.leafBytes
  if (offset >= dataBytes) {
    throw new HoldfastError('OVER_LIMIT', `A shard of ${dataBytes} bytes has no leaf ${leaf}`)
  }
  const leaves = await hashLeaves(call, { shardId, offset: 0, length: dataBytes })
  const siblings = proveLeaf(call.context.primitives, leaves, leaf)
  call.say(frameTypes.proof, encodeProof({ header, siblings }))
  const length = Math.min(limits.leafBytes, dataBytes - offset)
  await sendRange(call, { shardId, offset, length })
  return undefined
}

/** Of the whole range, read piece by piece. */
export async function hashLeaves(call: NodeCall, range: Range): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (let offset = 0; offset < range.length; offset += limits.readChunkBytes) {
    const length = Math.min(limits.readChunkBytes, range.length - offset)
    const buffer = await readChunk(call, { shardId: range.shardId, offset, length })
    leaves.push(...leafHashes(call.context.primitives, buffer.bytes))
    buffer.release()
  }
  return leaves
}

export async function handleHave(call: NodeCall, shards: readonly ShardPlace[]): Promise<Answer> {
  const { store } = call.context
  const held = shards.map((place): Held => {
    if (call.role === 'client') call.tickets.checkAny(place.vault)
    const found = store.find(place.shardId)
    if (found === undefined || !equalBytes(found.vault, place.vault)) return 'absent'
    return found.damaged ? 'damaged' : 'held'
  })
  return { type: frameTypes.held, payload: encodeHeld(held) }
}

async function readDescription(call: NodeCall, place: ShardPlace): Promise<ShardDescription> {
  findReadable(call, place)
  const found = await call.context.store.readHeader(place.shardId)
  if (found === undefined) throw notFound(place.shardId)
  if (!found.damaged) return found
  const text = shardIdText(decodeShardId(place.shardId))
  throw new HoldfastError('CORRUPT', `The record of shard ${text} is damaged`)
}

/** What is held of this vault. TICKET_REFUSED, NOT_FOUND. */
function findReadable(call: NodeCall, { shardId, vault }: ShardPlace): HeldShard {
  if (call.role === 'client') call.tickets.check(vault, ticketRights.read)
  const held = call.context.store.find(shardId)
  if (held === undefined || !equalBytes(held.vault, vault)) throw notFound(shardId)
  return held
}

function notFound(shardId: Uint8Array): HoldfastError {
  return new HoldfastError('NOT_FOUND', `No shard ${shardIdText(decodeShardId(shardId))} here`)
}

const none = new Uint8Array(0)
