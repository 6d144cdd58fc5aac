import { frameTypes } from '../wire/frame-types.ts'
import {
  decodeDelete,
  decodeHave,
  decodeLeaf,
  decodeList,
  decodePlace,
  decodePut,
  decodeRead,
  decodeTime,
  whole,
} from '../wire/requests.ts'
import { handleDelete, handleList, handleStatus, handleTime } from './coordinator-handlers.ts'
import { handler } from './node-call.ts'
import type { NodeHandler } from './node-call.ts'
import { handlePut } from './put-handler.ts'
import { handleHave, handleProveLeaf, handleRead, handleReadHeader } from './read-handlers.ts'

/** By type of frame: every request that this version knows, but for `ticket` and `cancel`. */
export const nodeHandlers: ReadonlyMap<number, NodeHandler> = new Map([
  [frameTypes.put, handler(decodePut, handlePut)],
  [frameTypes.read, handler(decodeRead, handleRead)],
  [frameTypes.readHeader, handler(decodePlace, handleReadHeader)],
  [frameTypes.proveLeaf, handler(decodeLeaf, handleProveLeaf)],
  [frameTypes.have, handler(decodeHave, handleHave)],
  [frameTypes.list, handler(decodeList, handleList)],
  [frameTypes.delete, handler(decodeDelete, handleDelete)],
  [frameTypes.status, handler(decodeEmpty, handleStatus)],
  [frameTypes.time, handler(decodeTime, handleTime)],
])

function decodeEmpty(payload: Uint8Array): undefined {
  return whole(payload, 'a request without content', () => undefined)
}
