import { HoldfastError } from '../../base/errors.ts'
import type { ControlAnswer } from '../../wire/control.ts'
import type { MessageHandler } from '../context.ts'
import type { NodeNow } from './cluster.ts'

export const tellGrid: MessageHandler<'grid'> = ({ grid, keys, program, signup, time }) =>
  Promise.resolve({
    gridId: grid.gridId,
    term: grid.term,
    coordinatorKey: keys.identityKey,
    timeMs: time.nowMs(),
    signup: signup.kind,
    program,
  })

export const tellCluster: MessageHandler<'cluster'> = ({ cluster, grid, notices, pid, time }) =>
  Promise.resolve({
    gridId: grid.gridId,
    term: grid.term,
    timeMs: time.nowMs(),
    pid,
    nodes: cluster.nodes().map(nodeAsTold),
    notices: notices.all(),
  })

export const hearNode: MessageHandler<'heartbeat'> = async (context, { caller, request }) => {
  const { cluster, grid, logger, time } = context
  if (request.node !== caller.node.node) {
    throw new HoldfastError('FORBIDDEN', `Cannot speak for node ${request.node}`)
  }
  if (request.term > grid.term) {
    logger.error('a node knows a newer coordinator', { node: request.node, term: request.term })
    throw new HoldfastError('TERM_OLD', `Cannot serve term ${request.term}: this is ${grid.term}`)
  }
  const { mark, quarantined } = await cluster.heard(request)
  if (quarantined !== undefined) {
    logger.warn('a node worked with another catalogue: what it holds is not deleted', {
      node: request.node,
      quarantine: quarantined,
    })
  }
  return { timeMs: time.nowMs(), term: grid.term, mark }
}

type ToldNode = ControlAnswer<'cluster'>['nodes'][number]

/** A node that was left out of the configuration and still answers is good for reading what it has. */
function stateAsTold({ state, up }: NodeNow): ToldNode['state'] {
  if (state === 'active') return up ? 'up' : 'down'
  return state === 'evicted' && up ? 'draining' : state
}

function nodeAsTold(row: NodeNow): ToldNode {
  const { node, name, address, zone, publicKey, said, latencyMs } = row
  const told: ToldNode = { node, name, address, zone, publicKey, state: stateAsTold(row) }
  if (said !== undefined && row.up) {
    const { store, pid, usedBytes, freeBytes } = said
    Object.assign(told, { store, pid, usedBytes, freeBytes })
  }
  if (row.quarantine !== undefined) told.quarantine = row.quarantine.id
  if (latencyMs !== undefined && row.up) told.latencyMs = latencyMs
  return told
}
