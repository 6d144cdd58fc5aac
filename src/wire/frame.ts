/**
 * Frames of the shard protocol (docs/protocol.md, section 1): the header's codec and the decoder that finds
 * frames in whatever pieces a connection delivers. Messages are gathered and handed over whole, with their
 * CRC checked; bodies are handed on piece by piece as they come, never gathered.
 */
import { crc32c } from '../base/crc32c.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { frameTypes } from './frame-types.ts'

export const frameHeaderBytes = 16
export const bodyFrameType = frameTypes.body
const lastFlag = 1

export interface FrameHead {
  readonly requestId: number
  readonly type: number
  readonly payloadBytes: number
  /** Whether the frame ends its request's body. */
  readonly last: boolean
}

export interface FrameMessage {
  readonly requestId: number
  readonly type: number
  /** The receiver's own. */
  readonly payload: Uint8Array
}

export interface FrameReceiver {
  message(message: FrameMessage): void
  /** Bytes of a body in order, valid during the call; `ended` with the last ones (which may be none). */
  body(requestId: number, piece: Uint8Array, ended: boolean): void
}

/** Writes the header of a body frame, 16 bytes, at `at`. */
export function writeBodyHeader(
  target: Uint8Array,
  at: number,
  head: Omit<FrameHead, 'type'>,
): void {
  writeFields(target, at, { ...head, type: bodyFrameType })
  writeU32(target, at + 12, crc32c(target.subarray(at, at + 12)))
}

/** A whole message, header and payload. */
export function encodeMessage(message: FrameMessage): Uint8Array {
  const { payload } = message
  const frame = new Uint8Array(frameHeaderBytes + payload.length)
  writeFields(frame, 0, { ...message, payloadBytes: payload.length, last: false })
  frame.set(payload, frameHeaderBytes)
  writeU32(frame, 12, crc32c(payload, crc32c(frame.subarray(0, 12))))
  return frame
}

/**
 * Takes bytes in any pieces. Throws MALFORMED at the first frame that breaks a rule, or what the receiver
 * throws: after that the connection is of no use.
 */
export class FrameDecoder {
  /** Of one message's payload; raised once the other side is proven. */
  messageBytesMax: number = limits.handshakeBytesMax
  readonly #receiver: FrameReceiver
  readonly #header = new Uint8Array(frameHeaderBytes)
  #headerBytes = 0
  #head: FrameHead | undefined
  #payload: Uint8Array | undefined
  #payloadBytes = 0
  #stopped = false

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver
  }

  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && !this.#stopped) {
      at += this.#head === undefined ? this.#takeHeader(bytes, at) : this.#takePayload(bytes, at)
    }
  }

  /** Nothing is handed on any more, not even the rest of what is being pushed. */
  stop(): void {
    this.#stopped = true
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    const taken = Math.min(frameHeaderBytes - this.#headerBytes, bytes.length - at)
    this.#header.set(bytes.subarray(at, at + taken), this.#headerBytes)
    this.#headerBytes += taken
    if (this.#headerBytes === frameHeaderBytes) {
      this.#headerBytes = 0
      this.#begin(readHead(this.#header))
    }
    return taken
  }

  #begin(head: FrameHead): void {
    if (head.type === bodyFrameType) checkBodyHead(head, this.#header)
    else this.#checkMessageHead(head)
    this.#payloadBytes = 0
    if (head.payloadBytes > 0) this.#head = head
    else if (head.type === bodyFrameType) this.#receiver.body(head.requestId, empty, true)
    else this.#endMessage(head, empty)
  }

  #checkMessageHead(head: FrameHead): void {
    if (head.last) throw malformed(`flag on a message of type ${head.type}`)
    if (head.payloadBytes > this.messageBytesMax) {
      throw malformed(`message of ${head.payloadBytes} bytes is over ${this.messageBytesMax}`)
    }
  }

  #takePayload(bytes: Uint8Array, at: number): number {
    const head = this.#head!
    const taken = Math.min(head.payloadBytes - this.#payloadBytes, bytes.length - at)
    const piece = bytes.subarray(at, at + taken)
    this.#payloadBytes += taken
    const complete = this.#payloadBytes === head.payloadBytes
    if (complete) this.#head = undefined
    if (head.type === bodyFrameType)
      this.#receiver.body(head.requestId, piece, complete && head.last)
    else this.#gather(head, piece)
    return taken
  }

  #gather(head: FrameHead, piece: Uint8Array): void {
    this.#payload ??= new Uint8Array(head.payloadBytes)
    this.#payload.set(piece, this.#payloadBytes - piece.length)
    if (this.#payloadBytes < head.payloadBytes) return
    const payload = this.#payload
    this.#payload = undefined
    this.#endMessage(head, payload)
  }

  #endMessage(head: FrameHead, payload: Uint8Array): void {
    const crc = crc32c(payload, crc32c(this.#header.subarray(0, 12)))
    if (crc !== readU32(this.#header, 12)) throw malformed('checksum of a message is wrong')
    this.#receiver.message({ requestId: head.requestId, type: head.type, payload })
  }
}

const empty = new Uint8Array(0)

function readHead(header: Uint8Array): FrameHead {
  const flags = header[9]!
  if ((flags & ~lastFlag) !== 0) throw malformed(`unknown flags ${flags}`)
  if (header[10] !== 0 || header[11] !== 0) throw malformed('reserved bytes are not zero')
  return {
    payloadBytes: readU32(header, 0),
    requestId: readU32(header, 4),
    type: header[8]!,
    last: flags === lastFlag,
  }
}

function checkBodyHead(head: FrameHead, header: Uint8Array): void {
  if (crc32c(header.subarray(0, 12)) !== readU32(header, 12)) {
    throw malformed('checksum of a body frame is wrong')
  }
  if (head.payloadBytes > limits.bodyFrameBytesMax) {
    throw malformed(`body frame of ${head.payloadBytes} bytes is over ${limits.bodyFrameBytesMax}`)
  }
  if (head.payloadBytes === 0 && !head.last) throw malformed('empty body frame that ends nothing')
}

function writeFields(target: Uint8Array, at: number, head: FrameHead): void {
  writeU32(target, at, head.payloadBytes)
  writeU32(target, at + 4, head.requestId)
  target[at + 8] = head.type
  target[at + 9] = head.last ? lastFlag : 0
  target[at + 10] = 0
  target[at + 11] = 0
}

function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value
  target[at + 1] = value >>> 8
  target[at + 2] = value >>> 16
  target[at + 3] = value >>> 24
}

function readU32(source: Uint8Array, at: number): number {
  return (
    (source[at]! | (source[at + 1]! << 8) | (source[at + 2]! << 16) | (source[at + 3]! << 24)) >>> 0
  )
}

function malformed(why: string): HoldfastError {
  return new HoldfastError('MALFORMED', `Cannot read a frame: ${why}`)
}
