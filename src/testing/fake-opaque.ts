/**
 * A deterministic pair in place of OPAQUE for the simulated world: the same messages in the same order, and
 * the same outcome for right, wrong and unknown, but with hashes only. It protects nothing.
 */
import { concatBytes, equalBytes, fromBase64, toBase64, utf8 } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { label, labelledHash } from '../core/hashing.ts'
import type { OpaqueClient, OpaqueServer } from '../core/opaque.ts'
import type { Primitives } from '../core/primitives.ts'

interface FakeWorld {
  readonly primitives: Primitives
  readonly random: Random
}

type Derive = (use: string, ...parts: readonly Uint8Array[]) => Uint8Array

export function fakeOpaqueServer(world: FakeWorld, seed: Uint8Array): OpaqueServer {
  const derive = derivation(world)
  const saltOf = (user: string): Uint8Array => derive('salt', seed, utf8(user))
  return {
    publicKey: toBase64(derive('public', seed)),
    registrationResponse({ user, registrationRequest }) {
      parts(registrationRequest, 1)
      return toBase64(saltOf(user))
    },
    acceptsRecord: (record) => fromBase64(record)?.length === 32,
    startLogin({ user, registrationRecord, startRequest }) {
      const [clientNonce] = parts(startRequest, 1) as [Uint8Array]
      const nonce = world.random.bytes(32)
      const known = registrationRecord === undefined ? undefined : fromBase64(registrationRecord)
      const record = known ?? derive('unknown', seed, utf8(user))
      const session = sessionOf(derive, { record, clientNonce, nonce })
      const proof = derive('server proof', session)
      return {
        loginResponse: toBase64(concatBytes([saltOf(user), nonce, proof])),
        state: toBase64(session),
      }
    },
    finishLogin({ state, finishRequest }) {
      const session = concatBytes(parts(state, 2))
      const proof = fromBase64(finishRequest) ?? new Uint8Array(0)
      return equalBytes(proof, derive('client proof', session)) ? session : undefined
    },
  }
}

export function fakeOpaqueClient(world: FakeWorld): OpaqueClient {
  const derive = derivation(world)
  const recordOf = (password: string, salt: Uint8Array): Uint8Array =>
    derive('record', utf8(password), salt)
  const exportKeyOf = (record: Uint8Array): Uint8Array =>
    concatBytes([derive('export', record), derive('export more', record)])
  const serverPublicKey = ''
  return {
    startRegistration: () => ({
      state: '',
      registrationRequest: toBase64(world.random.bytes(32)),
    }),
    finishRegistration({ registrationResponse, password }) {
      const [salt] = parts(registrationResponse, 1) as [Uint8Array]
      const record = recordOf(password, salt)
      const registrationRecord = toBase64(derive('stored', record))
      return Promise.resolve({
        registrationRecord,
        exportKey: exportKeyOf(record),
        serverPublicKey,
      })
    },
    startLogin() {
      const nonce = toBase64(world.random.bytes(32))
      return { state: nonce, startRequest: nonce }
    },
    finishLogin({ state, loginResponse, password }) {
      const [clientNonce] = parts(state, 1) as [Uint8Array]
      const [salt, nonce, proof] = parts(loginResponse, 3) as [Uint8Array, Uint8Array, Uint8Array]
      const record = recordOf(password, salt)
      const stored = derive('stored', record)
      const sessionKey = sessionOf(derive, { record: stored, clientNonce, nonce })
      const known = equalBytes(proof, derive('server proof', sessionKey))
      const finishRequest = toBase64(derive('client proof', sessionKey))
      const exportKey = exportKeyOf(record)
      return Promise.resolve(
        known ? { finishRequest, sessionKey, exportKey, serverPublicKey } : undefined,
      )
    },
  }
}

function derivation({ primitives }: FakeWorld): Derive {
  return (use, ...rest) => labelledHash(primitives, label(`fake opaque ${use}`), ...rest)
}

/** 64 bytes. */
function sessionOf(
  derive: Derive,
  from: {
    readonly record: Uint8Array
    readonly clientNonce: Uint8Array
    readonly nonce: Uint8Array
  },
): Uint8Array {
  const all = [from.record, from.clientNonce, from.nonce]
  return concatBytes([derive('session', ...all), derive('session more', ...all)])
}

/** A message in its parts of 32 bytes. */
function parts(text: string, count: number): Uint8Array[] {
  const bytes = fromBase64(text)
  if (bytes?.length !== count * 32) throw new HoldfastError('MALFORMED', 'Cannot read a message')
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * 32, at * 32 + 32))
}
