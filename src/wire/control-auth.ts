/** Proofs of sessions and nodes in the control protocol (docs/control.md): pure, the same on both sides. */
import { fromHex, utf8 } from '../base/bytes.ts'
import { ByteWriter } from '../base/encoding.ts'
import { domain, label, labelledHash, labelledKeyedHash } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'

const bodyLabel = label('body')
const sessionLabel = label('session')
const requestLabel = label('request')
const answerLabel = label('answer')

export const controlHeaders = Object.freeze({
  session: 'x-holdfast-session',
  request: 'x-holdfast-request',
  time: 'x-holdfast-time',
  mac: 'x-holdfast-mac',
  node: 'x-holdfast-node',
  signature: 'x-holdfast-signature',
})

/** Of a request's headers, those that mean something here. */
export function protocolHeaders(
  all: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of Object.values(controlHeaders)) {
    const value = all[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

/** The key of a session's MACs, from OPAQUE's session key. */
export function sessionMacKey(primitives: Primitives, sessionKey: Uint8Array): Uint8Array {
  const key = sessionKey.subarray(0, 32)
  return labelledKeyedHash(primitives, { key, label: sessionLabel })
}

export interface RequestProof {
  readonly path: string
  /** 16 bytes. */
  readonly requestId: Uint8Array
  readonly timeMs: number
  readonly body: Uint8Array
}

export function requestMac(
  primitives: Primitives,
  macKey: Uint8Array,
  proof: RequestProof,
): Uint8Array {
  const text = new ByteWriter()
    .fixed(utf8(proof.path))
    .u8(0)
    .fixed(proof.requestId)
    .u64(proof.timeMs)
    .fixed(labelledHash(primitives, bodyLabel, proof.body))
  return labelledKeyedHash(primitives, { key: macKey, label: requestLabel }, text.finish())
}

export interface AnswerProof {
  readonly requestId: Uint8Array
  readonly status: number
  readonly body: Uint8Array
}

export function answerMac(
  primitives: Primitives,
  macKey: Uint8Array,
  proof: AnswerProof,
): Uint8Array {
  const text = new ByteWriter()
    .fixed(proof.requestId)
    .u16(proof.status)
    .fixed(labelledHash(primitives, bodyLabel, proof.body))
  return labelledKeyedHash(primitives, { key: macKey, label: answerLabel }, text.finish())
}

/** What a node signs. */
export function nodeRequestText(
  primitives: Primitives,
  proof: Omit<RequestProof, 'requestId'>,
): Uint8Array {
  return new ByteWriter()
    .fixed(domain('node request'))
    .fixed(utf8(proof.path))
    .u8(0)
    .u64(proof.timeMs)
    .fixed(labelledHash(primitives, bodyLabel, proof.body))
    .finish()
}

/** What the coordinator signs in answer. */
export function nodeAnswerText(
  primitives: Primitives,
  proof: {
    /** 16 bytes. */
    readonly node: Uint8Array
    readonly timeMs: number
    readonly status: number
    readonly body: Uint8Array
  },
): Uint8Array {
  return new ByteWriter()
    .fixed(domain('node answer'))
    .fixed(proof.node)
    .u64(proof.timeMs)
    .u16(proof.status)
    .fixed(labelledHash(primitives, bodyLabel, proof.body))
    .finish()
}

/** `byteCount` bytes of hex in a header; undefined when it is absent or something else. */
export function headerBytes(text: string | undefined, byteCount: number): Uint8Array | undefined {
  return text?.length === byteCount * 2 ? fromHex(text) : undefined
}

/** A time in a header, ms; undefined when it is absent or something else. */
export function headerTime(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
