/**
 * Opening of a connection (docs/protocol.md, section 2): hello and welcome challenge each other, welcome and
 * prove are signed over all that was said before. Codecs and checks; who sends what when is up to the two
 * sides.
 */
import { ByteReader, ByteWriter } from '../base/encoding.ts'
import { HoldfastError } from '../base/errors.ts'
import { domain } from '../core/hashing.ts'
import type { Primitives } from '../core/primitives.ts'
import { equalBytes, utf8 } from '../base/bytes.ts'
import { protocolVersions } from './frame-types.ts'
import type { StoreState } from './shard-requests.ts'
import { stateFromNumber, stateNumbers } from './store-state.ts'

export const challengeBytes = 32
const magic = utf8('HFSP')
const welcomeDomain = domain('welcome')
const proveDomain = domain('prove')
const roles = Object.freeze({ client: 1, coordinator: 2 })

export type Role = keyof typeof roles

export interface Hello {
  readonly lowest: number
  readonly highest: number
  readonly challenge: Uint8Array
}

export interface Welcome {
  readonly version: number
  readonly publicKey: Uint8Array
  readonly storeId: Uint8Array
  readonly lastRecord: number
  readonly term: number
  readonly state: StoreState
  readonly challenge: Uint8Array
  readonly requestsMax: number
}

export interface Prove {
  readonly role: Role
  readonly publicKey: Uint8Array
  readonly term: number
}

export function encodeHello(hello: Hello): Uint8Array {
  const { lowest, highest, challenge } = hello
  return new ByteWriter(64).fixed(magic).u16(lowest).u16(highest).fixed(challenge).finish()
}

/** Throws MALFORMED. What a newer version adds at the end is left alone. */
export function decodeHello(payload: Uint8Array): Hello {
  const reader = new ByteReader(payload, 'a hello')
  if (!equalBytes(reader.fixed(4), magic)) throw reader.malformed('it is not the shard protocol')
  const hello = { lowest: reader.u16(), highest: reader.u16(), challenge: reader.fixed(32) }
  if (hello.highest <= protocolVersions.highest) reader.end()
  if (hello.lowest > hello.highest) throw reader.malformed('its versions are out of order')
  return hello
}

/** The highest version both know. Throws VERSION_UNSUPPORTED. */
export function agreeOnVersion(hello: Hello): number {
  const version = Math.min(hello.highest, protocolVersions.highest)
  if (version >= hello.lowest && version >= protocolVersions.lowest) return version
  throw versionUnsupported(hello.lowest, hello.highest)
}

/** The whole payload, signed by the node with `seed` over the hello and itself. */
export function encodeWelcome(
  primitives: Primitives,
  welcome: Welcome,
  options: { readonly seed: Uint8Array; readonly hello: Uint8Array },
): Uint8Array {
  const writer = new ByteWriter(256)
    .u16(welcome.version)
    .fixed(welcome.publicKey)
    .fixed(welcome.storeId)
    .u64(welcome.lastRecord)
    .u32(welcome.term)
    .u8(stateNumbers[welcome.state])
    .fixed(welcome.challenge)
    .u32(welcome.requestsMax)
  const signed = join(welcomeDomain, options.hello, writer.finish())
  return writer.fixed(primitives.sign(options.seed, signed)).finish()
}

/**
 * Checks the node's signature over `hello` and that the version is one that was offered. Throws MALFORMED,
 * VERSION_UNSUPPORTED, IDENTITY_MISMATCH.
 */
export function openWelcome(
  primitives: Primitives,
  payload: Uint8Array,
  options: { readonly hello: Uint8Array; readonly identity: Uint8Array },
): Welcome {
  const welcome = decodeWelcome(payload)
  const signed = join(welcomeDomain, options.hello, payload.subarray(0, -64))
  if (!equalBytes(welcome.publicKey, options.identity)) throw identityMismatch('is someone else')
  if (!primitives.verify(welcome.publicKey, signed, payload.subarray(-64))) {
    throw identityMismatch('cannot prove who it is')
  }
  if (welcome.version < protocolVersions.lowest || welcome.version > protocolVersions.highest) {
    throw versionUnsupported(welcome.version, welcome.version)
  }
  return welcome
}

function decodeWelcome(payload: Uint8Array): Welcome {
  const reader = new ByteReader(payload, 'a welcome')
  const welcome = {
    version: reader.u16(),
    publicKey: reader.fixed(32),
    storeId: reader.fixed(16),
    lastRecord: reader.u64(),
    term: reader.u32(),
    state: stateFromNumber(reader),
    challenge: reader.fixed(32),
    requestsMax: reader.u32(),
  }
  reader.fixed(64)
  reader.end()
  if (welcome.requestsMax < 1) throw reader.malformed('it takes no requests')
  return welcome
}

/** What was said before: both payloads as they were. */
export interface Said {
  readonly hello: Uint8Array
  readonly welcome: Uint8Array
}

/** The whole payload, signed with `seed` over all that was said. */
export function encodeProve(
  primitives: Primitives,
  prove: Prove,
  options: Said & { readonly seed: Uint8Array },
): Uint8Array {
  const writer = new ByteWriter(128).u8(roles[prove.role]).fixed(prove.publicKey).u32(prove.term)
  const signed = join(proveDomain, options.hello, options.welcome, writer.finish())
  return writer.fixed(primitives.sign(options.seed, signed)).finish()
}

/** Throws MALFORMED, FORBIDDEN when the signature is wrong. */
export function openProve(primitives: Primitives, payload: Uint8Array, said: Said): Prove {
  const reader = new ByteReader(payload, 'a proof of the opener')
  const number = reader.u8()
  const publicKey = reader.fixed(32)
  const term = reader.u32()
  const signature = reader.fixed(64)
  reader.end()
  if (number !== roles.client && number !== roles.coordinator) {
    throw reader.malformed(`unknown role ${number}`)
  }
  const signed = join(proveDomain, said.hello, said.welcome, payload.subarray(0, -64))
  if (!primitives.verify(publicKey, signed, signature)) {
    throw new HoldfastError('FORBIDDEN', 'The opener cannot prove who it is')
  }
  return { role: number === roles.client ? 'client' : 'coordinator', publicKey, term }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(512)
  for (const part of parts) writer.fixed(part)
  return writer.finish()
}

function identityMismatch(why: string): HoldfastError {
  return new HoldfastError('IDENTITY_MISMATCH', `The node at this address ${why}`)
}

function versionUnsupported(lowest: number, highest: number): HoldfastError {
  const { lowest: ours, highest: oursHighest } = protocolVersions
  return new HoldfastError(
    'VERSION_UNSUPPORTED',
    `The other side speaks the shard protocol from ${lowest} to ${highest}, this one from ${ours} to ${oursHighest}`,
    { details: { lowest, highest } },
  )
}
