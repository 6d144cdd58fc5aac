import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8, utf8ToText } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { gridKeys } from '../core/grid-keys.ts'
import { createOpaqueServer } from '../coordinator/adapters/opaque-server.ts'
import { clientGrid, directTransport, primitives } from '../testing/client/client-grid.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { sampleFile } from '../testing/client/sample-file.ts'
import { logIn, logOut, signUp, whoAmI } from './accounts.ts'
import { homeIndexes } from './adapters/home-indexes.ts'
import { createOpaqueClient } from './adapters/opaque-client.ts'
import { openSession } from './session.ts'
import { openVault } from './vaults.ts'

test('signs up, logs in, says who one is, logs out', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  const { account } = await signUp(world, grid.credentials('Ada', 'secret'))
  const stored = await logIn(world, grid.credentials('ADA', 'secret'))
  assert.deepEqual([stored.account, stored.name], [account, 'ada'])
  const session = openSession(world)
  const who = await whoAmI(session)
  assert.deepEqual([who.account, who.name, who.usedBytes], [account, 'ada', 0])
  const home = await openVault(session, { name: 'home' })
  assert.deepEqual(home.policy, { code: 1, k: 2, m: 2, threshold: 3 })
  assert.equal(home.role, 'owner')
  await logOut(session)
  assert.throws(() => openSession(world), refusedWith('NOT_LOGGED_IN'))
  await assert.rejects(whoAmI(session), refusedWith('NOT_LOGGED_IN'))
})

test('logging out leaves no key and no name, and one can log in again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-accounts-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const grid = await clientGrid()
  const world = { ...grid.machine(), indexes: homeIndexes(folder) }
  const client = await grid.client('ada', world)
  const { committer, session } = client
  const file = sampleFile(grid, client, { path: '/a name of mine', text: 'x' })
  await committer.submit(file)
  const { keys, vault } = committer.feed.vault
  const secrets = [keys.lifeKey, keys.generationKeys[0]!, utf8('a name of mine')]
  committer.feed.close()
  const pinned = session.pins.get(vault)
  assert.ok(pinned?.record?.secrets)
  assert.ok(holdsAny(folder, secrets))
  await logOut(session)
  session.close()
  assert.ok(!holdsAny(folder, secrets))
  const again = await grid.client('ada', world)
  assert.deepEqual(again.session.pins.get(vault)?.feed, pinned.feed)
  assert.equal(again.committer.feed.index.children({ parent: vault, most: 9 }).length, 1)
  again.committer.feed.close()
  again.session.close()
})

function holdsAny(folder: string, wanted: readonly Uint8Array[]): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name)))
    .some((content) => wanted.some((bytes) => content.includes(bytes)))
}

test('several accounts on one machine: the last log-in, or the one that is named', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  await grid.client('ada', world)
  await grid.client('bob', world)
  assert.equal(openSession(world).stored.name, 'bob')
  assert.equal(openSession(world, 'ada').stored.name, 'ada')
  assert.throws(() => openSession(world, 'eve'), refusedWith('NOT_LOGGED_IN'))
})

test('who is left is used after a log-out; of several one is to be chosen', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  for (const name of ['ada', 'bob', 'eve']) {
    await signUp(world, grid.credentials(name, 'secret'))
    await logIn(world, grid.credentials(name, 'secret'))
  }
  assert.deepEqual((await whoAmI(openSession(world))).sessions, ['ada', 'bob', 'eve'])
  assert.equal(openSession(world, 'ADA').stored.name, 'ada')
  await logOut(openSession(world))
  assert.throws(() => openSession(world), {
    code: 'NOT_LOGGED_IN',
    message: /was logged out; there are sessions of ada, bob$/,
    hint: /--as NAME/,
  })
  assert.throws(() => openSession(world, 'eve'), { message: /eve is not logged in.* ada, bob$/ })
  await logOut(openSession(world, 'ada'))
  assert.equal(openSession(world).stored.name, 'bob')
})

test('a name that is too long is refused before it is sent', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  for (const name of ['y'.repeat(65), 'é'.repeat(33), '']) {
    await assert.rejects(signUp(world, grid.credentials(name, 'secret')), refusedWith('BAD_NAME'))
    await assert.rejects(logIn(world, grid.credentials(name, 'secret')), refusedWith('BAD_NAME'))
  }
})

test('a wrong password and an unknown account are refused alike, and keep nothing', async () => {
  const grid = await clientGrid()
  await grid.client('ada')
  const world = grid.machine()
  const errors: HoldfastError[] = []
  for (const credentials of [grid.credentials('ada', 'wrong'), grid.credentials('eve')]) {
    const error = await logIn(world, credentials).then(
      () => assert.fail('logged in'),
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof HoldfastError)
    errors.push(error)
  }
  const [wrong, unknown] = errors
  assert.equal(wrong!.code, 'LOGIN_REFUSED')
  assert.equal(unknown!.code, 'LOGIN_REFUSED')
  assert.equal(unknown!.message, wrong!.message.replace('ada', 'eve'))
  assert.equal(world.sessions.load(), undefined)
})

test('too many tries wait, with seconds, and a session goes on meanwhile', async () => {
  const grid = await clientGrid()
  const { session } = await grid.client('ada')
  const world = grid.machine()
  const login = (password?: string) => logIn(world, grid.credentials('ada', password))
  for (let tries = 0; tries < limits.freeTries; tries += 1) {
    await assert.rejects(login('wrong'), refusedWith('LOGIN_REFUSED'))
  }
  const error = await login().then(
    () => assert.fail('logged in'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof HoldfastError && error.code === 'TRY_LATER')
  assert.ok((error.details.waitSeconds as number) >= 1)
  assert.match(error.hint, /\d+ second/)
  assert.equal((await whoAmI(session)).name, 'ada')
})

test('a taken name, a bad name and a bad password are refused', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  await signUp(world, grid.credentials('ada'))
  await assert.rejects(signUp(world, grid.credentials('ada')), refusedWith('NAME_TAKEN'))
  await assert.rejects(signUp(world, grid.credentials('a/b')), refusedWith('BAD_NAME'))
  const passwords = [new Uint8Array(0), Uint8Array.of(0xff, 0xfe), new Uint8Array(1025).fill(97)]
  for (const password of passwords) {
    const credentials = { ...grid.credentials('bob'), password }
    await assert.rejects(signUp(world, credentials), refusedWith('BAD_USAGE'))
  }
})

test('only listed names may sign up where there is a list', async () => {
  const users = [{ name: 'ada', quotaBytes: 1000 }]
  const grid = await clientGrid({ config: { signup: { kind: 'listed', users } } })
  const world = grid.machine()
  await assert.rejects(signUp(world, grid.credentials('eve')), refusedWith('SIGNUP_CLOSED'))
  const { session } = await grid.client('ada', world)
  assert.equal((await whoAmI(session)).quotaBytes, 1000)
})

test('logging out without the coordinator forgets the session here', async () => {
  const grid = await clientGrid()
  let cut = false
  const world = grid.machine((honest) => ({
    ...honest,
    send(request, options) {
      if (!cut) return honest.send(request, options)
      return Promise.reject(new HoldfastError('COORDINATOR_UNREACHABLE', 'It is gone'))
    },
  }))
  const { session } = await grid.client('ada', world)
  cut = true
  await logOut(session)
  assert.equal(world.sessions.load(), undefined)
})

test('with real OPAQUE: no password, key or seed leaves the machine or reaches the log', async () => {
  const grid = await clientGrid()
  const seed = gridKeys(primitives, grid.random.bytes(32)).opaqueSeed
  const server = await createOpaqueServer(primitives, seed)
  const real = await clientGrid({ opaque: server })
  const said: string[] = []
  const note = (event: string, fields?: object) => said.push(event, JSON.stringify(fields))
  const logger: Logger = { debug: note, info: note, warn: note, error: note }
  const world = {
    ...real.machine(() => {
      const direct = directTransport(real.handle)
      return {
        ...direct,
        send(request, options) {
          said.push(JSON.stringify(request.headers), utf8ToText(request.body))
          return direct.send(request, options)
        },
      }
    }),
    opaque: createOpaqueClient,
    logger,
  }
  const password = 'correct horse ☂ battery'
  await signUp(world, real.credentials('ada', password))
  const wrong = logIn(world, real.credentials('ada', 'incorrect'))
  await assert.rejects(wrong, refusedWith('LOGIN_REFUSED'))
  const stored = await logIn(world, real.credentials('ada', password))
  await whoAmI(openSession(world))
  const { signingSeed, boxKey, macKey } = stored
  for (const secret of [utf8(password), signingSeed, boxKey, macKey]) {
    for (const text of [utf8ToText(secret), secret.toBase64(), secret.toHex()]) {
      assert.ok(!said.some((message) => message.includes(text)), 'a secret was sent or logged')
    }
  }
})
