import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOpaqueServer } from '../../coordinator/adapters/opaque-server.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { createOpaqueClient } from './opaque-client.ts'

const primitives = createNativePrimitives()
const seed = new Uint8Array(32).fill(7)

test('both sides have one session key, and the export key is the same at every log-in', async () => {
  const [client, server] = [await createOpaqueClient(), await createOpaqueServer(primitives, seed)]
  const password = 'correct horse ☂'
  const start = client.startRegistration(password)
  const registrationResponse = server.registrationResponse({ user: 'ada', ...start })
  const { state } = start
  const registration = await client.finishRegistration({ state, registrationResponse, password })
  const { registrationRecord } = registration
  assert.ok(server.acceptsRecord(registrationRecord))
  assert.equal(registration.serverPublicKey, server.publicKey)
  const login = async (attempt: string, user = 'ada') => {
    const begun = client.startLogin(attempt)
    const record = user === 'ada' ? registrationRecord : undefined
    const given = server.startLogin({ user, registrationRecord: record, ...begun })
    const { loginResponse } = given
    const opened = await client.finishLogin({
      state: begun.state,
      loginResponse,
      password: attempt,
    })
    return opened && { opened, key: server.finishLogin({ state: given.state, ...opened }) }
  }
  const done = await login(password)
  assert.deepEqual(done?.key, done?.opened.sessionKey)
  assert.equal(done?.key?.length, 64)
  assert.deepEqual(done?.opened.exportKey, registration.exportKey)
  assert.equal(await login('correct horse'), undefined)
  assert.equal(await login(password, 'eve'), undefined)
})

test('answers that are none are malformed', async () => {
  const client = await createOpaqueClient()
  const password = 'p'
  const { state: registering } = client.startRegistration(password)
  const { state: entering } = client.startLogin(password)
  for (const garbage of ['', 'AAAA', '!', 'A'.repeat(4096)]) {
    const registration = { state: registering, registrationResponse: garbage, password }
    await assert.rejects(client.finishRegistration(registration), refusedWith('MALFORMED'))
    const login = { state: entering, loginResponse: garbage, password }
    await assert.rejects(client.finishLogin(login), refusedWith('MALFORMED'))
  }
})
