import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { hasCode, type ErrorCode } from '../../base/errors.ts'
import { gridKeys } from '../../core/grid-keys.ts'
import { verifyTicket } from '../../core/ticket.ts'
import { CoordinatorWorld } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount, testPolicy } from '../../testing/coordinator/test-account.ts'

const refusedWith = (code: ErrorCode) => (error: unknown) => hasCode(error, code)

async function start() {
  const world = await CoordinatorWorld.start()
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const newId = (): string => toHex(world.random.bytes(16))
  return { world, ada, newId }
}

await test('each account has a vault of its own, with its keys', async () => {
  const { world, ada } = await start()
  const { vaults } = await world.run(ada.client.call('vaults', {}))
  assert.equal(vaults.length, 1)
  assert.equal(vaults[0]?.vault, ada.home)
  assert.equal(vaults[0].owner, ada.account)
  const keys = gridKeys(world.primitives, world.gridSecret)
  assert.deepEqual(vaults[0].packListKey, keys.packListKey(ada.home))
})

await test('a vault is created once; the same again is no error, another of its id is', async () => {
  const { world, ada, newId } = await start()
  const vault = ada.newVault(newId())
  await world.run(ada.client.call('vault/create', vault))
  await world.run(ada.client.call('vault/create', vault))
  const other = { ...ada.newVault(vault.vault, { ...testPolicy, m: 1 }) }
  await assert.rejects(world.run(ada.client.call('vault/create', other)), refusedWith('EXISTS'))
  const { vaults } = await world.run(ada.client.call('vaults', {}))
  assert.equal(vaults.length, 2)
})

await test('a policy that the grid cannot hold is refused with both numbers', async () => {
  const { world, ada, newId } = await start()
  const policy = { ...testPolicy, k: 3, m: 2, threshold: 4 }
  const create = ada.client.call('vault/create', ada.newVault(newId(), policy))
  await assert.rejects(world.run(create), (error) => {
    assert.ok(hasCode(error, 'BAD_POLICY'))
    assert.match(error.message, /needs 5 nodes, this grid has 4/)
    return true
  })
})

await test('a record that is not wholly the account’s own is refused', async () => {
  const { world, ada, newId } = await start()
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  const good = ada.newVault(newId())
  const wrong = [
    eve.newVault(good.vault),
    { ...good, recordSignature: eve.newVault(good.vault).recordSignature },
    { ...good, vault: newId() },
    { ...good, policy: { ...testPolicy, threshold: 2 } },
    { ...good, record: good.record.slice(0, -1) },
  ]
  for (const request of wrong) {
    await assert.rejects(world.run(ada.client.call('vault/create', request)), (error) =>
      ['FORBIDDEN', 'MALFORMED'].some((code) => hasCode(error, code as ErrorCode)),
    )
  }
  assert.equal((await world.run(ada.client.call('vaults', {}))).vaults.length, 1)
})

await test('a ticket is what a node verifies', async () => {
  const { world, ada } = await start()
  const sessionKey = new Uint8Array(32).fill(9)
  const request = { vault: ada.home, rights: 3, sessionKey }
  const { ticket, expiresMs } = await world.run(ada.client.call('ticket', request))
  const { gridId, term } = await world.run(ada.client.call('grid', {}))
  const nowMs = world.clock.nowMs()
  const verified = verifyTicket(world.primitives, ticket, {
    coordinatorKey: world.coordinator.publicKey,
    grid: Uint8Array.fromHex(gridId),
    sessionKey,
    term,
    nowMs,
    skewMs: 0,
  })
  assert.equal(toHex(verified.account), ada.account)
  assert.equal(toHex(verified.vault), ada.home)
  assert.equal(verified.rights, 3)
  assert.equal(expiresMs, nowMs + 600_000)
})

await test('another’s vault is as if it were not there, for every message', async () => {
  const { world, ada, newId } = await start()
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  const { client } = eve
  const asking = (vault: string): Promise<unknown>[] => {
    const upload = newId()
    const bytes = new Uint8Array(0)
    const signature = new Uint8Array(64)
    return [
      client.call('ticket', { vault, rights: 1, sessionKey: new Uint8Array(32) }),
      client.call('upload/open', { upload, vault }),
      client.call('known', { vault, ids: bytes }),
      client.call('packs/register', { upload, vault, packs: [] }),
      client.call('shards/add', { vault, shards: [] }),
      client.call('pages/stage', { upload, vault, version: upload, pages: [] }),
      client.call('commit', { vault, packs: [], statement: bytes, signature, operations: [] }),
      client.call('feed', { vault, after: 0 }),
      client.call('lookup', { vault, versions: [] }),
      client.call('health', { vault, versions: [] }),
      client.call('vault/health', { vault }),
      client.call('purge', { vault, entries: [] }),
    ]
  }
  for (const vault of [ada.home, newId()]) {
    const answers = await world.run(Promise.allSettled(asking(vault)))
    for (const answer of answers) {
      assert.equal(answer.status, 'rejected')
      assert.ok(hasCode(answer.reason, 'VAULT_NOT_FOUND'), String(answer.reason))
    }
  }
})
