/** Control requests and answers as bytes on a simulated link: length, CRC-32C, then the message. */
import { concatBytes, utf8, utf8ToText } from '../../base/bytes.ts'
import { crc32c } from '../../base/crc32c.ts'
import { ByteReader, ByteWriter } from '../../base/encoding.ts'
import { limits } from '../../base/limits.ts'
import type { ControlHttpAnswer, ControlHttpRequest } from '../../wire/transport.ts'

const textBytesMax = 64 * 1024
const messageBytesMax = limits.controlAnswerBytesMax + textBytesMax

export type SentRequest = Omit<ControlHttpRequest, 'source'>

export function encodeRequestFrame(exchange: number, request: SentRequest): Uint8Array {
  const writer = new ByteWriter().u32(exchange).bytes(utf8(request.path))
  return frame(writeRest(writer, request))
}

export function encodeAnswerFrame(exchange: number, answer: ControlHttpAnswer): Uint8Array {
  return frame(writeRest(new ByteWriter().u32(exchange).u16(answer.status), answer))
}

export function decodeRequestFrame(message: Uint8Array): {
  readonly exchange: number
  readonly request: SentRequest
} {
  const reader = new ByteReader(message, 'simulated request')
  const exchange = reader.u32()
  const path = utf8ToText(reader.bytes(textBytesMax))
  return { exchange, request: { path, ...readRest(reader) } }
}

export function decodeAnswerFrame(message: Uint8Array): {
  readonly exchange: number
  readonly answer: ControlHttpAnswer
} {
  const reader = new ByteReader(message, 'simulated answer')
  const exchange = reader.u32()
  const status = reader.u16()
  return { exchange, answer: { status, ...readRest(reader) } }
}

/** Puts messages together again; says 'broken' when bytes were changed on the way. */
export class FrameReader {
  #waiting: Uint8Array = new Uint8Array(0)

  receive(bytes: Uint8Array): Uint8Array[] | 'broken' | 'too-long' {
    this.#waiting = concatBytes([this.#waiting, bytes])
    const messages: Uint8Array[] = []
    while (this.#waiting.length >= 8) {
      const reader = new ByteReader(this.#waiting, 'simulated frame')
      const length = reader.u32()
      const checksum = reader.u32()
      if (length > messageBytesMax) return 'too-long'
      if (reader.remaining < length) break
      const message = reader.fixed(length)
      if (crc32c(message) !== checksum) return 'broken'
      messages.push(message.slice())
      this.#waiting = this.#waiting.slice(8 + length)
    }
    return messages
  }
}

function frame(message: Uint8Array): Uint8Array {
  return new ByteWriter(message.length + 8)
    .u32(message.length)
    .u32(crc32c(message))
    .fixed(message)
    .finish()
}

interface Rest {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

function writeRest(writer: ByteWriter, { headers, body }: Rest): Uint8Array {
  const entries = Object.entries(headers)
  writer.u16(entries.length)
  for (const [name, value] of entries) writer.bytes(utf8(name)).bytes(utf8(value))
  return writer.bytes(body).finish()
}

function readRest(reader: ByteReader): Rest {
  const headers: Record<string, string> = {}
  for (let left = reader.u16(); left > 0; left -= 1) {
    const name = utf8ToText(reader.bytes(textBytesMax))
    headers[name] = utf8ToText(reader.bytes(textBytesMax))
  }
  const body = reader.bytes(limits.controlAnswerBytesMax)
  reader.end()
  return { headers, body }
}
