import type { ListedUser } from '../context.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode, type ErrorCode } from '../../base/errors.ts'
import { CoordinatorWorld } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'

const refusedWith = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function begin(world: CoordinatorWorld, { client, name }: TestAccount): Promise<void> {
  const { registrationRequest } = world.opaqueClient.startRegistration('any')
  await world.run(client.call('signup/start', { name, registrationRequest }))
}

await test('an account signs up, logs in, is told who it is, and logs out', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'Ada'))
  const told = await world.run(ada.client.call('whoami', {}))
  assert.equal(told.account, ada.account)
  assert.equal(told.name, 'ada')
  assert.equal(told.usedBytes, 0)
  await world.run(ada.client.call('logout', {}))
  await assert.rejects(world.run(ada.client.call('whoami', {})), refusedWith('NOT_LOGGED_IN'))
})

await test('a taken name is refused at both steps; the same sign-up again is not', async () => {
  const world = await CoordinatorWorld.start()
  const ada = new TestAccount(world, 'ada')
  await world.run(ada.signUp())
  const other = new TestAccount(world, 'ADA')
  await assert.rejects(world.run(other.signUp()), refusedWith('NAME_TAKEN'))
  const record = Buffer.alloc(32, 1).toString('base64')
  const finish = other.client.call('signup/finish', other.signUpRequest(record))
  await assert.rejects(world.run(finish), refusedWith('NAME_TAKEN'))
  const bob = new TestAccount(world, 'bob')
  await begin(world, bob)
  const request = bob.signUpRequest(record)
  for (let again = 0; again < 2; again += 1) {
    const answer = await world.run(bob.client.call('signup/finish', request))
    assert.deepEqual(answer, { account: bob.account })
  }
})

await test('a sign-up is finished only when it was begun, and one source makes only so many', async () => {
  const world = await CoordinatorWorld.start({ limits: { signupsFree: 2 } })
  const registrationRecord = Buffer.alloc(32, 1).toString('base64')
  const finish = (name: string, source = '10.0.0.7') => {
    const account = new TestAccount(world, name, { source })
    return world.run(
      account.client.call('signup/finish', account.signUpRequest(registrationRecord)),
    )
  }
  await assert.rejects(finish('ada'), refusedWith('MALFORMED'))
  await begin(world, new TestAccount(world, 'ada'))
  await world.scheduler.advance(11 * 60_000)
  await assert.rejects(finish('ada'), refusedWith('MALFORMED'))
  for (const name of ['one', 'two', 'three']) await begin(world, new TestAccount(world, name))
  await finish('one')
  await finish('two')
  await assert.rejects(finish('three'), refusedWith('TRY_LATER'))
  await finish('three', '10.0.0.8')
})

await test('only names of letters, digits and few signs can be', async () => {
  const world = await CoordinatorWorld.start()
  for (const name of ['', ' ', 'a b', '.a', '-', 'a/b', 'a\0', 'a\n', '\u202ea', 'x'.repeat(65)]) {
    const account = new TestAccount(world, name)
    await assert.rejects(world.run(account.signUp()), (error) =>
      ['BAD_NAME', 'MALFORMED'].some((code) => hasCode(error, code as ErrorCode)),
    )
  }
  for (const name of ['a', 'jürgen', '李', 'a.b_c-d@e', '0']) {
    await world.run(TestAccount.enter(world, name))
  }
})

await test('a changed quota holds from the next start on', async () => {
  const users: ListedUser[] = [{ name: 'Ada', quotaBytes: 5 }, { name: 'nobody' }]
  const world = await CoordinatorWorld.start({ signup: { kind: 'listed', users } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const quota = async () => (await world.run(ada.client.call('whoami', {}))).quotaBytes
  users[0] = { name: 'Ada', quotaBytes: 7 }
  await world.run(world.restart())
  assert.equal(await quota(), 7)
  users[0] = { name: 'Ada' }
  await world.run(world.restart())
  assert.equal(await quota(), undefined)
})

await test('a closed grid takes listed names only, with their quota', async () => {
  const users = [{ name: 'Ada', quotaBytes: 5 }]
  const world = await CoordinatorWorld.start({ signup: { kind: 'listed', users } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const { quotaBytes } = await world.run(ada.client.call('whoami', {}))
  assert.equal(quotaBytes, 5)
  const eve = new TestAccount(world, 'eve')
  await assert.rejects(world.run(eve.signUp()), refusedWith('SIGNUP_CLOSED'))
  const { signup } = await world.run(eve.client.call('grid', {}))
  assert.equal(signup, 'listed')
})

await test('wrong password and unknown account are one refusal', async () => {
  const world = await CoordinatorWorld.start()
  const ada = new TestAccount(world, 'ada')
  await world.run(ada.signUp())
  const answers = []
  for (const name of ['ada', 'nobody']) {
    const startRequest = Buffer.alloc(32, 2).toString('base64')
    const started = await world.run(ada.client.call('login/start', { name, startRequest }))
    answers.push(started.loginResponse.length)
    const finishRequest = Buffer.alloc(32, 3).toString('base64')
    const finish = ada.client.call('login/finish', { login: started.login, finishRequest })
    await assert.rejects(world.run(finish), (error) => {
      assert.ok(hasCode(error, 'LOGIN_REFUSED'))
      answers.push(error.message)
      return true
    })
  }
  assert.deepEqual(answers.slice(0, 2), answers.slice(2))
})

await test('a log-in ends once, and only in time', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const startRequest = Buffer.alloc(32, 2).toString('base64')
  const started = await world.run(ada.client.call('login/start', { name: 'ada', startRequest }))
  await world.scheduler.advance(61_000)
  const finishRequest = Buffer.alloc(32, 3).toString('base64')
  const finish = ada.client.call('login/finish', { login: started.login, finishRequest })
  await assert.rejects(world.run(finish), refusedWith('LOGIN_REFUSED'))
})

await test('tries are counted: five free, then 1 s doubling to 5 min, per name and source', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const fail = (): Promise<void> => world.run(ada.logIn('wrong'))
  const waits: unknown[] = []
  for (let tries = 0; tries < 5; tries += 1)
    await assert.rejects(fail(), refusedWith('LOGIN_REFUSED'))
  for (let tries = 0; tries < 11; tries += 1) {
    await assert.rejects(fail(), (error) => {
      assert.ok(hasCode(error, 'TRY_LATER'))
      const wait = Number(error.details['waitSeconds'])
      assert.match(error.message, /for the account ada did/)
      assert.equal(error.hint, `Wait ${wait} ${wait === 1 ? 'second' : 'seconds'}, then try again`)
      waits.push(wait)
      return true
    })
    await world.scheduler.advance(Number(waits.at(-1)) * 1000)
    await assert.rejects(fail(), refusedWith('LOGIN_REFUSED'))
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
  // A session that exists goes on, and so does another source.
  await world.run(ada.client.call('whoami', {}))
  const startRequest = Buffer.alloc(32, 2).toString('base64')
  const elsewhere = world.client({ source: '10.0.0.2' })
  await world.run(elsewhere.call('login/start', { name: 'ada', startRequest }))
})

await test('a finished log-in clears the count', async () => {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  for (let round = 0; round < 3; round += 1) {
    for (let tries = 0; tries < 4; tries += 1) {
      await assert.rejects(world.run(ada.logIn('wrong')), refusedWith('LOGIN_REFUSED'))
    }
    await world.run(ada.logIn())
  }
})
