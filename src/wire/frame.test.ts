import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../base/bytes.ts'
import { hasCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import {
  bodyFrameType,
  encodeMessage,
  FrameDecoder,
  frameHeaderBytes,
  writeBodyHeader,
} from './frame.ts'

type Event =
  | { kind: 'message'; requestId: number; type: number; payload: number[] }
  | { kind: 'body'; requestId: number; bytes: number[]; last: boolean }

function bodyFrame(requestId: number, payload: Uint8Array, last: boolean): Uint8Array {
  const frame = new Uint8Array(frameHeaderBytes + payload.length)
  writeBodyHeader(frame, 0, { requestId, payloadBytes: payload.length, last })
  frame.set(payload, frameHeaderBytes)
  return frame
}

function encode(event: Event): Uint8Array {
  if (event.kind === 'body') {
    return bodyFrame(event.requestId, Uint8Array.from(event.bytes), event.last)
  }
  return encodeMessage({ ...event, payload: Uint8Array.from(event.payload) })
}

/** What a decoder says, with the pieces of each body put together again. */
function decode(pieces: readonly Uint8Array[]): { events: Event[]; failure: unknown } {
  const events: Event[] = []
  const open = new Map<number, number[]>()
  const decoder = new FrameDecoder({
    message: ({ requestId, type, payload }) => {
      events.push({ kind: 'message', requestId, type, payload: [...payload] })
    },
    body: (requestId, piece, ended) => {
      const bytes = [...(open.get(requestId) ?? []), ...piece]
      open.set(requestId, bytes)
      if (ended) events.push({ kind: 'body', requestId, bytes, last: true })
      if (ended) open.delete(requestId)
    },
  })
  try {
    for (const piece of pieces) decoder.push(piece)
  } catch (failure) {
    return { events, failure }
  }
  return { events, failure: undefined }
}

const u32 = fc.integer({ min: 0, max: 0xffffffff })
const payload = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 })
const anyMessage = fc.record(
  {
    kind: fc.constant('message' as const),
    requestId: u32,
    type: fc.integer({ min: 0, max: 255 }).filter((type) => type !== bodyFrameType),
    payload,
  },
  { noNullPrototype: true },
)
const anyBody = fc.record(
  {
    kind: fc.constant('body' as const),
    requestId: u32,
    bytes: payload,
    last: fc.constant(true),
  },
  { noNullPrototype: true },
)
const anyEvents = fc.array(fc.oneof(anyMessage, anyBody), { maxLength: 12 })
const seeded = { seed: 20, numRuns: 200 }

describe('frames', () => {
  test('come out as they went in, cut anywhere', () => {
    fc.assert(
      fc.property(
        anyEvents,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sent, cuts) => {
          const stream = concatBytes(sent.map(encode))
          const pieces: Uint8Array[] = []
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const length = cuts[turn % cuts.length]!
            pieces.push(stream.subarray(at, at + length))
            at += length
          }
          assert.deepEqual(decode(pieces), { events: sent, failure: undefined })
        },
      ),
      seeded,
    )
  })

  test('come out as they went in, one byte at a time', () => {
    fc.assert(
      fc.property(anyEvents, (sent) => {
        const pieces = [...concatBytes(sent.map(encode))].map((byte) => Uint8Array.of(byte))
        assert.deepEqual(decode(pieces), { events: sent, failure: undefined })
      }),
      { ...seeded, numRuns: 50 },
    )
  })

  test('truncated anywhere give only whole messages before the end', () => {
    const sent: Event[] = [
      { kind: 'message', requestId: 1, type: 20, payload: [1, 2, 3] },
      { kind: 'body', requestId: 1, bytes: [4, 5, 6, 7], last: true },
      { kind: 'message', requestId: 2, type: 8, payload: [] },
    ]
    const stream = concatBytes(sent.map(encode))
    for (let length = 0; length < stream.length; length += 1) {
      const { events: got, failure } = decode([stream.subarray(0, length)])
      assert.equal(failure, undefined)
      assert.deepEqual(got, sent.slice(0, got.length))
      assert.ok(got.length < sent.length)
    }
  })

  test('with any bit of a message or of a body header flipped are refused or wait for more', () => {
    const whole = encode({ kind: 'message', requestId: 7, type: 30, payload: [9, 8, 7] })
    const header = encode({ kind: 'body', requestId: 7, bytes: [], last: true })
    for (const frame of [whole, header]) {
      for (let bit = 0; bit < frame.length * 8; bit += 1) {
        const flipped = frame.slice()
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        const { events: got, failure } = decode([flipped])
        assert.deepEqual(got, [])
        assert.ok(failure === undefined || hasCode(failure, 'MALFORMED'))
      }
    }
  })

  test('of huge lengths are refused at their header', () => {
    const message = encodeMessage({ requestId: 1, type: 20, payload: new Uint8Array(0) })
    new DataView(message.buffer).setUint32(0, 0xffffffff, true)
    assert.ok(hasCode(decode([message]).failure, 'MALFORMED'))
    const over = new Uint8Array(frameHeaderBytes)
    writeBodyHeader(over, 0, {
      requestId: 1,
      payloadBytes: limits.bodyFrameBytesMax + 1,
      last: false,
    })
    assert.ok(hasCode(decode([over]).failure, 'MALFORMED'))
  })

  test('that are empty and end nothing are refused', () => {
    assert.ok(hasCode(decode([bodyFrame(1, new Uint8Array(0), false)]).failure, 'MALFORMED'))
  })

  test('may be larger than a handshake only once that was allowed', () => {
    const large = { requestId: 1, type: 50, payload: new Uint8Array(limits.framePayloadBytesMax) }
    assert.ok(hasCode(decode([encodeMessage(large)]).failure, 'MALFORMED'))
    let got = 0
    const decoder = new FrameDecoder({ message: () => (got += 1), body: () => assert.fail() })
    decoder.messageBytesMax = limits.framePayloadBytesMax
    decoder.push(encodeMessage(large))
    assert.equal(got, 1)
  })

  test('from random bytes never do anything but fail as MALFORMED', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
        const { failure } = decode([garbage])
        assert.ok(failure === undefined || hasCode(failure, 'MALFORMED'))
      }),
      { ...seeded, numRuns: 500 },
    )
  })
})

test('a decoder that is stopped while it hands on a message hands on nothing more of that piece', () => {
  const heard: number[] = []
  const decoder: FrameDecoder = new FrameDecoder({
    message: ({ requestId }) => {
      heard.push(requestId)
      if (requestId === 2) decoder.stop()
    },
    body: () => assert.fail('no body'),
  })
  const frames = [1, 2, 3].map((requestId) =>
    encodeMessage({ requestId, type: 3, payload: new Uint8Array(0) }),
  )
  decoder.push(concatBytes([...frames, bodyFrame(3, new Uint8Array(9), true)]))
  decoder.push(frames[0]!)
  assert.deepEqual(heard, [1, 2])
})
