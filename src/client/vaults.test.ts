import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError } from '../base/errors.ts'
import { createHpkeKeyWrap } from '../core/adapters/hpke-key-wrap.ts'
import type { KeyWrap } from '../core/membership.ts'
import { clientGrid } from '../testing/client/client-grid.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { logIn, signUp } from './accounts.ts'
import { openSession } from './session.ts'
import { createVault, listVaults, openVault, parsePolicy } from './vaults.ts'

test('every account has its own home, and vaults of its own', async () => {
  const grid = await clientGrid()
  const [ada, bob] = [await grid.client('ada'), await grid.client('bob')]
  const photos = await createVault(ada.session, { name: 'Fotos-☂', policy: parsePolicy('1+1') })
  assert.deepEqual(photos.policy, { code: 1, k: 1, m: 1, threshold: 2 })
  const names = (await listVaults(ada.session)).map(({ name }) => name)
  assert.deepEqual(names.toSorted(), ['Fotos-☂', 'home'])
  assert.deepEqual(
    (await listVaults(bob.session)).map(({ name }) => name),
    ['home'],
  )
  const foreign = openVault(bob.session, { name: 'Fotos-☂' })
  await assert.rejects(foreign, refusedWith('VAULT_NOT_FOUND'))
  const other = await grid.client('ada')
  const again = await openVault(other.session, { name: 'Fotos-☂' })
  assert.deepEqual(again, photos)
})

test('names are taken once in an account, and some cannot be', async () => {
  const grid = await clientGrid()
  const { session } = await grid.client('ada')
  const policy = parsePolicy('2+2')
  const create = (name: string) => createVault(session, { name, policy })
  await assert.rejects(create('home'), refusedWith('EXISTS'))
  const bad = ['', 'x', '☂', 'a/b', 'a:b', 'a\\b', 'a\nb', '..', '-x', '~me', 'é'.repeat(33), 'a b']
  for (const name of bad) await assert.rejects(create(name), refusedWith('BAD_NAME'))
  await create('é'.repeat(32))
})

test('a policy the grid cannot hold is refused with both numbers', async () => {
  const grid = await clientGrid()
  const { session } = await grid.client('ada')
  const wanted = { name: 'wide', policy: parsePolicy('4+2') }
  await assert.rejects(
    createVault(session, wanted),
    (error) =>
      error instanceof HoldfastError &&
      error.code === 'BAD_POLICY' &&
      /6 shards.*4 nodes/.test(error.message),
  )
})

test('policies are read as people write them', () => {
  assert.deepEqual(parsePolicy('16+4'), { code: 1, k: 16, m: 4, threshold: 17 })
  const bad = ['', '2', '2+', '+2', '2+2+2', '0+1', '1+0', '17+1', '2+5', '2 + 2', '-1+2', '1e1+2']
  for (const text of bad) assert.throws(() => parsePolicy(text), refusedWith('BAD_POLICY'), text)
})

function realKeyWrap(): Promise<KeyWrap> {
  return Promise.resolve(createHpkeKeyWrap())
}

test('with real HPKE, keys come back on another machine', async () => {
  const grid = await clientGrid()
  const machines = [grid.machine(), grid.machine()].map((world) => ({
    ...world,
    keyWrap: realKeyWrap,
  }))
  await signUp(machines[0]!, grid.credentials('ada'))
  const opened = []
  for (const world of machines) {
    await logIn(world, grid.credentials('ada'))
    opened.push(await openVault(openSession(world), { name: 'home' }))
  }
  assert.deepEqual(opened[0], opened[1])
})
