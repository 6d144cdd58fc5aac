/** One message of each kind of the shard protocol, and one handshake: for vectors and for hostile bytes. */
import { HoldfastError } from '../../base/errors.ts'
import type { Primitives } from '../../core/primitives.ts'
import * as answers from '../../wire/answers.ts'
import { frameTypes } from '../../wire/frame-types.ts'
import { encodeHello, encodeProve, encodeWelcome } from '../../wire/handshake.ts'
import * as requests from '../../wire/requests.ts'
import { ramp } from '../format-samples.ts'

export interface MessageSample {
  readonly type: number
  readonly payload: Uint8Array
  /** Decodes and encodes again. */
  readonly again: (payload: Uint8Array) => Uint8Array
}

const shardId = ramp(1, 21)
shardId[16] = 3
const [vault, root, header] = [ramp(40, 16), ramp(60, 32), ramp(90, 128)]
const place = { shardId, vault }
const listed = { ...place, dataBytes: 2_097_152, recordNumber: 7, ageMs: 86_400_000, root }
const state = { state: 'read-only', storeId: ramp(30, 16), lastRecord: 9, term: 4 } as const
const status = { ...state, usedBytes: 2 ** 40, freeBytes: 5, shards: 12 }
const failure = new HoldfastError('NO_SPACE', 'The disk is full', { details: { node: 'n' } })

function sample<Value>(
  type: number,
  value: Value,
  codec: {
    readonly encode: (value: Value) => Uint8Array
    readonly decode: (payload: Uint8Array) => Value
  },
): MessageSample {
  const { encode, decode } = codec
  return { type, payload: encode(value), again: (payload) => encode(decode(payload)) }
}

function pair<Value>(encode: (value: Value) => Uint8Array, decode: (payload: Uint8Array) => Value) {
  return { encode, decode }
}

/** By the name the protocol gives the message. */
export const messageSamples: Readonly<Record<string, MessageSample>> = {
  put: sample(
    frameTypes.put,
    { ...place, bodyBytes: 2_097_280, root },
    pair(requests.encodePut, requests.decodePut),
  ),
  receipt: sample(
    frameTypes.receipt,
    ramp(5, 40),
    pair(answers.encodeReceipt, answers.decodeReceipt),
  ),
  read: sample(
    frameTypes.read,
    { ...place, offset: 65_536, length: 1000 },
    pair(requests.encodeRead, requests.decodeRead),
  ),
  'read-header': sample(
    frameTypes.readHeader,
    place,
    pair(requests.encodePlace, requests.decodePlace),
  ),
  header: sample(frameTypes.header, { header, root }, pair(answers.encodeHead, answers.decodeHead)),
  'prove-leaf': sample(
    frameTypes.proveLeaf,
    { ...place, leaf: 31 },
    pair(requests.encodeLeaf, requests.decodeLeaf),
  ),
  proof: sample(
    frameTypes.proof,
    { header, siblings: [ramp(7, 32), ramp(8, 32)] },
    pair(answers.encodeProof, answers.decodeProof),
  ),
  have: sample(frameTypes.have, [place, place], pair(requests.encodeHave, requests.decodeHave)),
  held: sample(
    frameTypes.held,
    ['held', 'absent', 'damaged'],
    pair(answers.encodeHeld, (payload) => answers.decodeHeld(payload, 3)),
  ),
  list: sample(
    frameTypes.list,
    { after: shardId, most: 512 },
    pair(requests.encodeList, requests.decodeList),
  ),
  listed: sample(
    frameTypes.listed,
    { more: true, shards: [listed] },
    pair(answers.encodeListed, answers.decodeListed),
  ),
  delete: sample(
    frameTypes.delete,
    { term: 4, shards: [{ shardId, recordNumber: 7 }] },
    pair(requests.encodeDelete, requests.decodeDelete),
  ),
  deleted: sample(
    frameTypes.deleted,
    ['removed', 'absent', 'kept'],
    pair(answers.encodeDeleted, (payload) => answers.decodeDeleted(payload, 3)),
  ),
  state: sample(frameTypes.state, status, pair(answers.encodeStatus, answers.decodeStatus)),
  time: sample(
    frameTypes.time,
    { timeMs: 1_767_225_600_000, term: 4 },
    pair(requests.encodeTime, requests.decodeTime),
  ),
  error: sample(
    frameTypes.error,
    failure,
    pair((error) => answers.encodeError(error, 1024), answers.decodeError),
  ),
}

/** Seeds of a handshake and its three messages, of a coordinator of term 4. */
export function sampleHandshake(primitives: Primitives) {
  const [nodeSeed, openerSeed] = [ramp(100, 32), ramp(150, 32)]
  const nodeKey = primitives.signingPublicKey(nodeSeed)
  const hello = encodeHello({ lowest: 1, highest: 1, challenge: ramp(200, 32) })
  const said = { version: 1, publicKey: nodeKey, challenge: ramp(20, 32), requestsMax: 64 }
  const welcome = encodeWelcome(primitives, { ...said, ...state }, { seed: nodeSeed, hello })
  const publicKey = primitives.signingPublicKey(openerSeed)
  const proof = { role: 'coordinator', publicKey, term: 4 } as const
  const prove = encodeProve(primitives, proof, { hello, welcome, seed: openerSeed })
  return { nodeSeed, openerSeed, nodeKey, hello, welcome, prove }
}
