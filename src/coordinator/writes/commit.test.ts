import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBase64, toHex } from '../../base/bytes.ts'
import { hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { decodeTicket } from '../../core/ticket.ts'
import { CoordinatorWorld } from '../../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../../testing/coordinator/test-writer.ts'
import { refusedWith, startWriting } from '../../testing/coordinator/writing-world.ts'
import type { ControlRequest } from '../../wire/control.ts'

await test('a small file takes one request, is in the feed and can be looked up', async () => {
  const { world, ada, ask } = await startWriting()
  const { operation, pack, request } = await world.run(putFile(ada))
  const feed = await ask('feed', { vault: ada.home, after: 0 })
  assert.equal(feed.n, 1)
  assert.deepEqual(feed.commits[0]?.operations, [request.operations[0]?.bytes])
  assert.deepEqual(feed.commits[0]?.statement, request.statement)
  const version = toHex(operation.version)
  const versions = [{ version, from: 0 }]
  const { pages, packs, more } = await ask('lookup', { vault: ada.home, versions })
  assert.deepEqual(pages[0]?.ids, pack.ids)
  assert.deepEqual(pages[0]?.places[0], [0, 0, 5000, 1])
  assert.equal(packs[0]?.pack, pack.message.pack)
  assert.deepEqual(
    packs[0].shards.map(({ state }) => state),
    Array(4).fill('durable'),
  )
  assert.deepEqual(more, [])
  assert.deepEqual(await ask('health', { vault: ada.home, versions: [version, ada.home] }), {
    health: ['complete', null],
  })
  const whole = { complete: 1, degraded: 0, unknown: 0, lost: 0 }
  assert.deepEqual(await ask('vault/health', { vault: ada.home }), whole)
  assert.ok((await ask('whoami', {})).usedBytes >= 75_000)
})

await test('the same commit again has the same answer', async () => {
  const { world, ada } = await startWriting()
  const { request } = await world.run(putFile(ada))
  const first = await world.run(ada.client.call('commit', request))
  await world.run(putFile(ada))
  const again = await world.run(ada.client.call('commit', request))
  assert.deepEqual(again, first)
})

await test('a long list is staged, then committed by its root', async () => {
  const { world, ada, ask, newId } = await startWriting()
  const upload = newId()
  await ask('upload/open', { upload, vault: ada.home })
  const { ids, message } = await world.run(writePack(ada))
  await ask('packs/register', { upload, vault: ada.home, packs: [message] })
  const { operation, request } = makeCommit(ada, { ids, upload })
  const [sent] = request.operations
  const version = toHex(operation.version)
  await ask('pages/stage', { upload, vault: ada.home, version, pages: [...sent!.pages] })
  await ask('commit', { ...request, operations: [{ bytes: sent!.bytes, pages: [] }] })
  const versions = [{ version, from: 0 }]
  const { pages } = await ask('lookup', { vault: ada.home, versions })
  assert.deepEqual(pages[0]?.ids, ids)
})

await test('chunks that are nowhere are named', async () => {
  const { ada, ask, newId, world } = await startWriting()
  const ids = world.random.bytes(64)
  const { request } = makeCommit(ada, { ids, upload: newId() })
  await assert.rejects(ask('commit', request), (error) => {
    assert.ok(hasCode(error, 'CHUNKS_MISSING'))
    assert.deepEqual(fromBase64(String(error.details['chunks'])), ids)
    return true
  })
})

await test('of two commits on one head, one wins and the other is told', async () => {
  const { world, ada, ask } = await startWriting()
  const { operation } = await world.run(putFile(ada))
  const { entry, tag, version } = operation
  const place = { entry, tag, previous: version }
  await world.run(putFile(ada, place))
  await assert.rejects(world.run(putFile(ada, place)), (error) => {
    assert.ok(hasCode(error, 'CHANGED'))
    assert.deepEqual(error.details['conflicts'], [{ at: 0, why: 'changed' }])
    return true
  })
  await assert.rejects(world.run(putFile(ada, { tag })), refusedWith('CHANGED'))
  assert.equal((await ask('feed', { vault: ada.home, after: 0 })).n, 2)
})

await test('a writer who saw another history is refused', async () => {
  const { world, ada } = await startWriting()
  await world.run(putFile(ada))
  const seen = { n: 1, h: new Uint8Array(32).fill(1) }
  await assert.rejects(world.run(putFile(ada, { seen })), refusedWith('FEED_FORKED'))
})

await test('a commit that is not wholly signed by its account is refused', async () => {
  const { world, ada } = await startWriting()
  const eve = await world.run(TestAccount.enter(world, 'eve'))
  const { request } = makeCommit(ada)
  const [sent] = request.operations
  const flipped = sent!.bytes.slice()
  flipped[40]! ^= 1
  const foreign = makeCommit(eve, { vault: ada.home }).request
  const wrong: ControlRequest<'commit'>[] = [
    { ...request, signature: new Uint8Array(64) },
    { ...request, operations: [{ bytes: flipped, pages: [] }] },
    { ...request, operations: [] },
    { ...request, operations: [sent!, sent!] },
    { ...request, statement: request.statement.slice(0, -1) },
    { ...request, statement: makeCommit(ada).request.statement },
    foreign,
    makeCommit(ada, { vault: eve.home }).request,
  ]
  for (const commit of wrong) {
    await assert.rejects(
      world.run(ada.client.call('commit', commit)),
      refusedWith('FORBIDDEN', 'MALFORMED', 'VAULT_NOT_FOUND'),
    )
  }
})

await test('pages that are not the list that was signed are refused', async () => {
  const { world, ada } = await startWriting()
  const { ids, message } = await world.run(writePack(ada))
  const { request } = makeCommit(ada, {
    ids,
    packs: [message],
    upload: toHex(world.random.bytes(16)),
  })
  const [sent] = request.operations
  const [page] = sent!.pages
  const wrong = [
    [{ ...page!, ids: ids.slice(0, 32) }],
    [{ ...page!, number: 1 }],
    [page!, page!],
    [{ ...page!, sealedLengths: new Uint8Array(40) }],
    [{ ...page!, ids: new Uint8Array(0) }],
    [{ ...page!, ids: ids.slice(0, 63) }],
  ]
  for (const pages of wrong) {
    const operations = [{ bytes: sent!.bytes, pages }]
    const commit = ada.client.call('commit', { ...request, operations })
    await assert.rejects(world.run(commit), refusedWith('MALFORMED'))
  }
})

await test('an upload that ended is opened again by a commit that brings its packs', async () => {
  const { world, ada } = await startWriting()
  const { ids, message } = await world.run(writePack(ada))
  const upload = toHex(world.random.bytes(16))
  await world.run(ada.client.call('upload/open', { upload, vault: ada.home }))
  await world.scheduler.advance(3_600_000)
  await world.run(world.heartbeats())
  await world.run(world.settle())
  const register = { upload, vault: ada.home, packs: [message] }
  await assert.rejects(
    world.run(ada.client.call('packs/register', register)),
    refusedWith('NOT_FOUND'),
  )
  await world.run(
    ada.client.call('commit', makeCommit(ada, { ids, upload, packs: [message] }).request),
  )
})

await test('a quota holds before anything more is sent', async () => {
  const users = [{ name: 'ada', quotaBytes: 100_000 }]
  const world = await CoordinatorWorld.start({ signup: { kind: 'listed', users } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  const vault = ada.home
  const open = () => {
    const upload = toHex(world.random.bytes(16))
    return world.run(ada.client.call('upload/open', { upload, vault })).then(() => upload)
  }
  const upload = await open()
  const register = async (chunkBytes: readonly number[]) => {
    const { message } = await world.run(writePack(ada, { chunkBytes }))
    await world.run(ada.client.call('packs/register', { upload, vault, packs: [message] }))
  }
  await register([60_000])
  await assert.rejects(register([60_000]), refusedWith('OVER_QUOTA'))
  assert.equal((await world.run(ada.client.call('whoami', {}))).usedBytes, 60_000)
  await register([40_000])
  await open()
  await world.run(ada.client.call('upload/close', { upload, discard: true }))
  await world.run(world.settle())
  assert.equal((await world.run(ada.client.call('whoami', {}))).usedBytes, 0)
  const again = await open()
  const { message } = await world.run(writePack(ada, { chunkBytes: [100_000] }))
  await world.run(ada.client.call('packs/register', { upload: again, vault, packs: [message] }))
  const sessionKey = world.random.bytes(32)
  const asked = await world.run(ada.client.call('ticket', { vault, rights: 3, sessionKey }))
  assert.equal(decodeTicket(asked.ticket).bytesMax, limits.ticketSpareBytes)
})

await test('a quota holds at the commit', async () => {
  const users = [{ name: 'ada', quotaBytes: 100_000 }]
  const world = await CoordinatorWorld.start({ signup: { kind: 'listed', users } })
  const ada = await world.run(TestAccount.enter(world, 'ada'))
  await world.run(putFile(ada))
  await assert.rejects(world.run(putFile(ada)), (error) => {
    assert.ok(hasCode(error, 'OVER_QUOTA'))
    assert.equal(error.details['quotaBytes'], 100_000)
    return true
  })
})
