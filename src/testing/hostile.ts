/** Hostile shapes for codecs: what every decoder of untrusted bytes must live through. */
import assert from 'node:assert/strict'
import { toHex } from '../base/bytes.ts'
import { HoldfastError, type ErrorCode } from '../base/errors.ts'

export interface HostileOptions {
  /** What refusing may look like; MALFORMED and VERSION_UNSUPPORTED by default. */
  readonly codes?: readonly ErrorCode[]
}

const refusals: readonly ErrorCode[] = ['MALFORMED', 'VERSION_UNSUPPORTED']
const flips = [0x01, 0x80, 0xff]

/**
 * A canonical codec: `decode` then `encode` gives the same bytes; cut at each length, longer by one, and
 * with each byte flipped, the bytes are refused or decode to something that encodes to just them.
 */
export function assertCanonicalCodec<Value>(
  bytes: Uint8Array,
  codec: {
    readonly decode: (bytes: Uint8Array) => Value
    readonly encode: (value: Value) => Uint8Array
  },
  options: HostileOptions = {},
): void {
  assert.equal(toHex(codec.encode(codec.decode(bytes))), toHex(bytes))
  for (const hostile of hostileShapes(bytes)) {
    const value = refusedOr(() => codec.decode(hostile), options)
    if (value === undefined) continue
    assert.equal(toHex(codec.encode(value.value)), toHex(hostile), 'what decodes is canonical')
  }
}

/** Nothing but the bytes themselves opens: for sealed and signed ones. */
export function assertOnlyThese(
  bytes: Uint8Array,
  open: (bytes: Uint8Array) => unknown,
  options: HostileOptions = {},
): void {
  open(bytes)
  for (const hostile of hostileShapes(bytes)) {
    const opened = refusedOr(() => open(hostile), options)
    assert.equal(opened, undefined, `taken although changed: ${toHex(hostile)}`)
  }
}

/** The bytes cut at each length, longer by a byte, and with each byte flipped in three ways. */
export function* hostileShapes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length += 1) yield bytes.slice(0, length)
  yield Uint8Array.of(...bytes, 0)
  for (let at = 0; at < bytes.length; at += 1) {
    for (const flip of flips) {
      const flipped = bytes.slice()
      flipped[at]! ^= flip
      yield flipped
    }
  }
}

function refusedOr<Value>(
  run: () => Value,
  { codes = refusals }: HostileOptions,
): { readonly value: Value } | undefined {
  try {
    return { value: run() }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    assert.ok(codes.includes(error.code), `refused with ${error.code}: ${error.message}`)
    return undefined
  }
}
