/** What only the coordinator may ask, and the state, which anybody may. */
import { HoldfastError } from '../base/errors.ts'
import { hashBytes } from '../core/sized.ts'
import { encodeDeleted, encodeListed, encodeStatus } from '../wire/answers.ts'
import { frameTypes } from '../wire/frame-types.ts'
import type { DeleteRequest, ListRequest, TimeRequest } from '../wire/requests.ts'
import { learnTerm } from './learn-term.ts'
import type { Answer, NodeCall } from './node-call.ts'

/** Says that the record is damaged. */
const damagedRoot = new Uint8Array(hashBytes)

export async function handleList(call: NodeCall, request: ListRequest): Promise<Answer> {
  checkCoordinator(call)
  const { store, clock } = call.context
  const { shards, more } = await store.list(request)
  const nowMs = clock.nowMs()
  const listed = shards.map((shard) => ({
    ...shard,
    root: shard.damaged ? damagedRoot : shard.root,
    ageMs: Math.max(0, nowMs - shard.storedMs),
  }))
  return { type: frameTypes.listed, payload: encodeListed({ shards: listed, more }) }
}

export async function handleDelete(call: NodeCall, request: DeleteRequest): Promise<Answer> {
  checkCoordinator(call)
  const { context } = call
  await learnTerm(context, request.term)
  const removed = await Promise.all(
    request.shards.map(({ shardId, recordNumber }) => context.store.remove(shardId, recordNumber)),
  )
  return { type: frameTypes.deleted, payload: encodeDeleted(removed) }
}

export async function handleTime(call: NodeCall, request: TimeRequest): Promise<Answer> {
  checkCoordinator(call)
  await learnTerm(call.context, request.term)
  call.context.time.learn(request.timeMs)
  return { type: frameTypes.done, payload: none }
}

export async function handleStatus(call: NodeCall): Promise<Answer> {
  const { store } = call.context
  const { usedBytes, freeBytes, shards } = store.usage()
  const { storeId, lastRecord, term } = store
  const state = store.state.kind
  const status = { state, storeId, lastRecord, usedBytes, freeBytes, shards, term }
  return { type: frameTypes.state, payload: encodeStatus(status) }
}

function checkCoordinator(call: NodeCall): void {
  if (call.role !== 'coordinator') {
    throw new HoldfastError('FORBIDDEN', 'Only the coordinator may ask a node for this')
  }
  const { term } = call.context.store
  if (call.term < term) {
    const message = `This connection is of term ${call.term}, the node is at ${term}`
    throw new HoldfastError('TERM_OLD', message)
  }
}

const none = new Uint8Array(0)
