import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError, type ErrorCode } from '../base/errors.ts'
import { clientGrid } from '../testing/client/client-grid.ts'
import { logIn, logOut, signUp, whoAmI } from './accounts.ts'
import { openSession } from './session.ts'

const refusedWith = (code: ErrorCode) => (error: unknown) =>
  error instanceof HoldfastError && error.code === code

test('signs up, logs in, says who one is, logs out', async () => {
  const grid = await clientGrid()
  const world = grid.machine()
  const { account } = await signUp(world, grid.credentials('ada'))
  const stored = await logIn(world, grid.credentials('ada'))
  assert.equal(stored.account, account)
  const session = openSession(world)
  const who = await whoAmI(session)
  assert.deepEqual([who.account, who.name, who.usedBytes], [account, 'ada', 0])
  await logOut(session)
  assert.throws(() => openSession(world), refusedWith('NOT_LOGGED_IN'))
  await assert.rejects(whoAmI(session), refusedWith('NOT_LOGGED_IN'))
})
