/**
 * OPAQUE's server half on opaque-ke. Its state is a *setup*: OPRF seed[64] ‖ private key[32] ‖ public key of
 * made-up registrations[32], over ristretto255. All of it comes from the grid's OPAQUE seed, so that nothing
 * has to be kept: docs/format.md, section 2.
 */
import { ready, server } from '@serenity-kit/opaque'
import { assert } from '../../base/assert.ts'
import { concatBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { label, labelledKeyedHash } from '../../core/hashing.ts'
import type { OpaqueServer } from '../../core/opaque.ts'
import type { Primitives } from '../../core/primitives.ts'

const setupLabel = label('opaque setup')
const recordBytes = 192
/** RFC 9496, section 4: the generator, encoded. */
const ristrettoBase = Uint8Array.fromHex(
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
)

/** `opaqueSeed`: docs/format.md, section 2. */
export async function createOpaqueServer(
  primitives: Primitives,
  opaqueSeed: Uint8Array,
): Promise<OpaqueServer> {
  await ready
  const serverSetup = toText(opaqueSetup(primitives, opaqueSeed))
  return {
    publicKey: server.getPublicKey(serverSetup),
    registrationResponse({ user, registrationRequest }) {
      const request = { serverSetup, userIdentifier: user, registrationRequest }
      const response = unlessGarbage(() => server.createRegistrationResponse(request))
      if (response) return response.registrationResponse
      throw new HoldfastError('MALFORMED', 'Cannot read the registration request')
    },
    acceptsRecord: (record) => fromText(record)?.length === recordBytes,
    startLogin({ user, registrationRecord, startRequest }) {
      const start = (record: string | undefined) =>
        unlessGarbage(() =>
          server.startLogin({
            serverSetup,
            userIdentifier: user,
            registrationRecord: record,
            startLoginRequest: startRequest,
          }),
        )
      const started = start(registrationRecord) ?? start(undefined)
      if (started === undefined) {
        throw new HoldfastError('MALFORMED', 'Cannot read the log-in request')
      }
      return { loginResponse: started.loginResponse, state: started.serverLoginState }
    },
    finishLogin({ state, finishRequest }) {
      const finish = { serverLoginState: state, finishLoginRequest: finishRequest }
      const finished = unlessGarbage(() => server.finishLogin(finish))
      return finished && fromText(finished.sessionKey)
    },
  }
}

/** Hashes of the seed; keys below 2^252, which is below the group's order, so canonical scalars. */
function opaqueSetup(primitives: Primitives, opaqueSeed: Uint8Array): Uint8Array {
  const use = { key: opaqueSeed, label: setupLabel }
  const part = (at: number) => labelledKeyedHash(primitives, use, Uint8Array.of(at))
  const [privateKey, fakePrivateKey] = [scalar(part(2)), scalar(part(3))]
  const oprfSeed = concatBytes([part(0), part(1)])
  // The library gives the public key of whatever private key a setup holds.
  const fakeSetup = concatBytes([oprfSeed, fakePrivateKey, ristrettoBase])
  const fakePublicKey = fromText(server.getPublicKey(toText(fakeSetup)))
  assert(fakePublicKey?.length === 32, 'a public key has 32 bytes')
  return concatBytes([oprfSeed, privateKey, fakePublicKey])
}

function scalar(hash: Uint8Array): Uint8Array {
  const key = hash.slice()
  key[31]! &= 0x0f
  return key
}

/** The library throws one kind of error for whatever it cannot read or verify. */
function unlessGarbage<Value>(run: () => Value): Value | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof Error && error.name === 'Error') return undefined
    throw error
  }
}

function toText(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

function fromText(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' })
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
