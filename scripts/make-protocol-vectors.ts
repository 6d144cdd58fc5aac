/**
 * Writes docs/vectors/protocol.json anew: whole frames of docs/protocol.md. What changes here changes the
 * protocol.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { concatBytes } from '../src/base/bytes.ts'
import { createNativePrimitives } from '../src/core/adapters/native-primitives.ts'
import { ramp } from '../src/testing/format-samples.ts'
import { inHex, type Vector } from '../src/testing/vectors/hex.ts'
import { messageSamples, sampleHandshake } from '../src/testing/vectors/protocol-samples.ts'
import { encodeMessage, frameHeaderBytes, writeBodyHeader } from '../src/wire/frame.ts'
import { frameTypes } from '../src/wire/frame-types.ts'

const file = join(import.meta.dirname, '..', 'docs/vectors/protocol.json')

export function makeProtocolVectors(): Vector {
  const { hello, welcome, prove, ...keys } = sampleHandshake(createNativePrimitives())
  const frames = Object.entries(messageSamples).map(([name, { type, payload }]) => [
    name,
    inHex({ payload, frame: encodeMessage({ requestId: 258, type, payload }) }),
  ])
  return {
    handshake: inHex({
      ...keys,
      hello: opening(frameTypes.hello, hello),
      welcome: opening(frameTypes.welcome, welcome),
      prove: opening(frameTypes.prove, prove),
      ready: opening(frameTypes.ready, new Uint8Array(0)),
    }),
    body: inHex({ requestId: 258, bytes: ramp(1, 20), frame: bodyFrame(ramp(1, 20)) }),
    messages: Object.fromEntries(frames) as Vector,
  }
}

function opening(type: number, payload: Uint8Array): Uint8Array {
  return encodeMessage({ requestId: 0, type, payload })
}

function bodyFrame(payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(frameHeaderBytes)
  writeBodyHeader(head, 0, { requestId: 258, payloadBytes: payload.length, last: true })
  return concatBytes([head, payload])
}

/** Those that are written down. */
export function readProtocolVectors(): Vector {
  return JSON.parse(readFileSync(file, 'utf8')) as Vector
}

if (import.meta.main) {
  writeFileSync(file, `${JSON.stringify(makeProtocolVectors(), undefined, 2)}\n`)
}
