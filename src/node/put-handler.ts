/**
 * A put: refused before its body where that can be known, received into memory of the store, checked against
 * what was announced and against its root, stored durably, receipted.
 */
import type { ShardBuffer } from '../blocks/buffer-pool.ts'
import type { HeldShard } from '../blocks/shard-store.ts'
import { equalBytes } from '../base/bytes.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { dataRootOf } from '../core/merkle.ts'
import { decodeHeader, decodeShardId, headerBytes, shardIdText, shardRoot } from '../core/shard.ts'
import type { ShardHeader } from '../core/shard.ts'
import { ticketRights } from '../core/ticket.ts'
import type { Ticket } from '../core/ticket.ts'
import { encodeReceipt } from '../wire/answers.ts'
import { frameTypes } from '../wire/frame-types.ts'
import type { PutRequest } from '../wire/requests.ts'
import { DroppedBody, ShardBody } from './incoming-body.ts'
import type { Answer, NodeCall } from './node-call.ts'
import { hashLeaves } from './read-handlers.ts'

interface Receiving {
  readonly buffer: ShardBuffer
  readonly body: ShardBody
}

export async function handlePut(call: NodeCall, request: PutRequest): Promise<Answer> {
  const { store, budgets } = call.context
  const unread = expectNothing(call, request)
  const ticket = check(call, request)
  const held = store.find(request.shardId)
  const receipt = held && (await receiptAgain(call, request, held))
  if (receipt) return receipt
  if (ticket) budgets.charge(ticket, request.bodyBytes)
  try {
    // An eager body is about to be read: no wait may come before this
    const now = unread && held === undefined ? receiveNow(call, request) : undefined
    return await keep(call, request, now ?? (await receiveLater(call, request, unread)))
  } catch (error) {
    if (ticket) budgets.refund(ticket, request.bodyBytes)
    throw error
  }
}

/** A body that follows at once is dropped until there is memory for it. */
function expectNothing(call: NodeCall, { bodyBytes }: PutRequest): DroppedBody | undefined {
  if (bodyBytes > limits.eagerBodyBytesMax) return undefined
  const unread = new DroppedBody(bodyBytes)
  call.expectBody(unread)
  return unread
}

/** The ticket that lets store this; undefined for the coordinator. */
function check(call: NodeCall, { vault, bodyBytes }: PutRequest): Ticket | undefined {
  const ticket = call.role === 'client' ? call.tickets.check(vault, ticketRights.write) : undefined
  const bytes = bodyBytes - headerBytes
  if (bytes < 1 || bytes > limits.shardBytesMax) {
    const message = `A shard of ${bytes} bytes is not between 1 and ${limits.shardBytesMax}`
    throw new HoldfastError('OVER_LIMIT', message)
  }
  const { state } = call.context.store
  if (state.kind === 'disk-gone') throw new HoldfastError('DISK_GONE', state.reason)
  if (state.kind === 'read-only') {
    throw new HoldfastError(state.cause === 'space' ? 'NO_SPACE' : 'READ_ONLY', state.reason)
  }
  call.context.unheard.expectHeard()
  return ticket
}

/**
 * For a shard that is there with this root, and whose bytes still give it: a receipt speaks of them, and who
 * puts a shard again may do so because they are wrong. Undefined when the copy is damaged. EXISTS.
 */
async function receiptAgain(call: NodeCall, request: PutRequest, held: HeldShard): Promise<Answer> {
  const { store, receipts } = call.context
  const root = held.damaged ? undefined : await rootOfHeld(call, request)
  if (root === undefined) return undefined
  if (!equalBytes(root, request.root) || !equalBytes(held.vault, request.vault)) {
    const text = shardIdText(decodeShardId(request.shardId))
    throw new HoldfastError('EXISTS', `Shard ${text} is held with other content`)
  }
  const { shardId } = request
  const { recordNumber } = held
  const stored = { recordNumber, batch: { shards: [{ shardId, root, recordNumber }] }, position: 0 }
  if (store.find(shardId)?.recordNumber !== recordNumber) return undefined
  return { type: frameTypes.receipt, payload: encodeReceipt(receipts.receiptFor(stored)) }
}

/** The recorded root, when the bytes that are held give it. */
async function rootOfHeld(
  call: NodeCall,
  { shardId }: PutRequest,
): Promise<Uint8Array | undefined> {
  const { primitives, store } = call.context
  try {
    const found = await store.readHeader(shardId)
    if (found === undefined || found.damaged) return undefined
    const leaves = await hashLeaves(call, { shardId, offset: 0, length: found.dataBytes })
    const dataRoot = dataRootOf(primitives, leaves)
    if (equalBytes(shardRoot(primitives, { header: found.header, dataRoot }), found.root)) {
      return found.root
    }
    store.markDamaged(shardId, found.recordNumber)
    return undefined
  } catch (error) {
    if (hasCode(error, 'CORRUPT') || hasCode(error, 'NOT_FOUND')) return undefined
    throw error
  }
}

/** Undefined when the memory is used up. */
function receiveNow(call: NodeCall, { bodyBytes }: PutRequest): Receiving | undefined {
  const buffer = call.context.store.tryAllocate(bodyBytes)
  return buffer && receiveInto(call, buffer)
}

/** Waits for memory, then asks for the body; one that followed at once has to be past. */
async function receiveLater(
  call: NodeCall,
  { bodyBytes }: PutRequest,
  unread: DroppedBody | undefined,
): Promise<Receiving> {
  await unread?.ended
  const receiving = receiveInto(call, await call.allocate(bodyBytes))
  call.say(frameTypes.proceed, none)
  return receiving
}

function receiveInto(call: NodeCall, buffer: ShardBuffer): Receiving {
  const body = new ShardBody(buffer.body, call.context.primitives)
  call.expectBody(body)
  return { buffer, body }
}

async function keep(
  call: NodeCall,
  request: PutRequest,
  { buffer, body }: Receiving,
): Promise<Answer> {
  const { store, receipts } = call.context
  const { root } = request
  try {
    await body.ended
    checkBody(call, request, { buffer, body })
  } catch (error) {
    buffer.release()
    throw error
  }
  const stored = await store.put(buffer, { root })
  return { type: frameTypes.receipt, payload: encodeReceipt(receipts.receiptFor(stored)) }
}

function checkBody(call: NodeCall, request: PutRequest, { buffer, body }: Receiving): void {
  const { primitives } = call.context
  const header = buffer.body.subarray(0, headerBytes)
  const difference = headerDifference(readHeader(call, header), request)
  if (difference !== undefined) throw corrupt(request, `its header names another ${difference}`)
  const root = shardRoot(primitives, { header, dataRoot: body.dataRoot() })
  if (!equalBytes(root, request.root)) throw corrupt(request, 'its bytes do not give its root')
}

function readHeader(call: NodeCall, header: Uint8Array): ShardHeader {
  try {
    return decodeHeader(call.context.primitives, header)
  } catch (error) {
    if (!hasCode(error, 'MALFORMED')) throw error
    throw new HoldfastError('CORRUPT', error.message, { cause: error })
  }
}

function headerDifference(header: ShardHeader, request: PutRequest): string | undefined {
  const { pack, index, placementGeneration } = decodeShardId(request.shardId)
  if (!equalBytes(header.pack, pack)) return 'pack'
  if (header.index !== index) return 'index'
  if (header.placementGeneration !== placementGeneration) return 'placement generation'
  if (!equalBytes(header.vault, request.vault)) return 'vault'
  return header.shardBytes === request.bodyBytes - headerBytes ? undefined : 'length'
}

function corrupt(request: PutRequest, why: string): HoldfastError {
  const text = shardIdText(decodeShardId(request.shardId))
  return new HoldfastError('CORRUPT', `Cannot store shard ${text}: ${why}`)
}

const none = new Uint8Array(0)
