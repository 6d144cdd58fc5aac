import assert from 'node:assert/strict'
import { test } from 'node:test'
import { client } from '@serenity-kit/opaque'
import { hasCode } from '../../base/errors.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { createOpaqueServer } from './opaque-server.ts'

const primitives = createNativePrimitives()
const server = await createOpaqueServer(primitives, new Uint8Array(32).fill(9))
const keyStretching = {
  'argon2id-custom': { memory: 64, iterations: 1, parallelism: 1 },
} as const

function register(user: string, password: string): string {
  const { clientRegistrationState, registrationRequest } = client.startRegistration({ password })
  const registrationResponse = server.registrationResponse({ user, registrationRequest })
  const finished = client.finishRegistration({
    clientRegistrationState,
    registrationResponse,
    password,
    keyStretching,
  })
  return finished.registrationRecord
}

function logIn(user: string, password: string, registrationRecord: string | undefined) {
  const { clientLoginState, startLoginRequest } = client.startLogin({ password })
  const started = server.startLogin({ user, registrationRecord, startRequest: startLoginRequest })
  const { loginResponse, state } = started
  const finished = client.finishLogin({ clientLoginState, loginResponse, password, keyStretching })
  return { finished, loginResponse, state }
}

await test('the right password gives both sides the same session key', () => {
  const record = register('ada', 'right')
  assert.ok(server.acceptsRecord(record))
  const { finished, state } = logIn('ada', 'right', record)
  assert.ok(finished)
  assert.equal(finished.serverStaticPublicKey, server.publicKey)
  const key = server.finishLogin({ state, finishRequest: finished.finishLoginRequest })
  assert.equal(key?.length, 64)
  assert.equal(Buffer.from(key).toString('base64url'), finished.sessionKey)
})

await test('wrong password, wrong user, unknown user and a broken record look alike', () => {
  const record = register('ada', 'right')
  const tries = [
    logIn('ada', 'wrong', record),
    logIn('bob', 'right', record),
    logIn('eve', 'right', undefined),
    logIn('eve', 'right', 'A'.repeat(256)),
  ]
  for (const { finished } of tries) assert.equal(finished, undefined)
  assert.equal(new Set(tries.map(({ loginResponse }) => loginResponse.length)).size, 1)
})

await test('garbage is refused, never thrown on', () => {
  for (const garbage of ['', '!', 'AAAA', 'A'.repeat(4096)]) {
    assert.throws(
      () => server.registrationResponse({ user: 'ada', registrationRequest: garbage }),
      (error) => hasCode(error, 'MALFORMED'),
    )
    assert.throws(
      () =>
        server.startLogin({ user: 'ada', registrationRecord: undefined, startRequest: garbage }),
      (error) => hasCode(error, 'MALFORMED'),
    )
    assert.equal(server.acceptsRecord(garbage), false)
    const { state } = logIn('ada', 'right', undefined)
    assert.equal(server.finishLogin({ state, finishRequest: garbage }), undefined)
  }
})

await test('everything comes from the seed: the same after a restart, as docs/format.md says', async () => {
  const again = await createOpaqueServer(primitives, new Uint8Array(32).fill(9))
  assert.equal(again.publicKey, server.publicKey)
  assert.equal(server.publicKey, 'SFhN4PzWIphZ8pySb7FjR8VCWOxMEO4lAwfOgT_r_xE')
  const other = await createOpaqueServer(primitives, new Uint8Array(32).fill(8))
  assert.notEqual(other.publicKey, server.publicKey)
})
