import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import { nextFeedHash } from '../../../core/feed-hash.ts'
import { createNativePrimitives } from '../../../core/adapters/native-primitives.ts'
import { ids } from './chunk-ids.ts'
import type { Check } from './suite.ts'

const primitives = createNativePrimitives()

export const commitChecks: Record<string, Check> = {
  async 'a commit raises the feed by one and chains it'(scene) {
    let { h } = scene.seen
    for (let n = 1; n <= 3; n += 1) {
      const request = scene.request([scene.file(), scene.folder()])
      const answer = await scene.catalogue.commit(request)
      h = nextFeedHash(primitives, h, { n, statement: request.statement })
      assert.deepEqual(answer, { kind: 'committed', n, h })
    }
    await scene.look()
    assert.deepEqual(scene.seen, { n: 3, h })
  },

  async 'the feed gives back what was committed'(scene) {
    const first = scene.request([scene.file(), scene.folder()])
    const second = scene.request([scene.file()])
    await scene.catalogue.commit(first)
    await scene.catalogue.commit(second)
    const { vault } = scene
    const all = { vault, after: 0, commitsMax: 256, bytesMax: 1 << 20 }
    const part = await scene.catalogue.feed(all)
    assert.equal(part.term, 1)
    assert.equal(part.n, 2)
    assert.deepEqual(
      part.commits.map((each) => [each.n, each.statement, each.signature, each.operations]),
      [first, second].map((each, at) => [
        at + 1,
        each.statement,
        each.signature,
        each.operations.map((operation) => operation.bytes),
      ]),
    )
    const later = await scene.catalogue.feed({ ...all, after: 1 })
    assert.deepEqual(later.commits, part.commits.slice(1))
    assert.deepEqual((await scene.catalogue.feed({ ...all, after: 2 })).commits, [])
    assert.deepEqual((await scene.catalogue.feed({ ...all, commitsMax: 1 })).commits.length, 1)
    assert.deepEqual((await scene.catalogue.feed({ ...all, bytesMax: 1 })).commits.length, 1)
    await assert.rejects(scene.catalogue.feed({ ...all, vault: scene.id() }), {
      code: 'VAULT_NOT_FOUND',
    })
  },

  async 'a repeated commit gives the first answer, also after others'(scene) {
    const request = scene.request([scene.file(), scene.file()])
    const first = await scene.catalogue.commit(request)
    assert.deepEqual(await scene.catalogue.commit(request), first)
    await scene.committed([scene.next(request.operations[0]!)])
    assert.deepEqual(await scene.catalogue.commit(request), first)
    const signedAgain = { ...request, seen: scene.seen, statement: scene.bytes(150), term: 9 }
    assert.deepEqual(await scene.catalogue.commit(signedAgain), first)
    await scene.look()
    assert.equal(scene.seen.n, 2)
  },

  async 'a taken version id is a conflict'(scene) {
    const operations = [scene.file(), scene.file()]
    await scene.committed(operations)
    const half = [scene.file(), operations[0]!]
    assert.deepEqual(await scene.conflicts(half), [[1, 'changed']])
    const other = scene.file({ version: operations[0]!.version })
    assert.deepEqual(await scene.conflicts([other]), [[0, 'changed']])
  },

  async 'a commit must come from this history'(scene) {
    const { seen } = scene
    await scene.committed([scene.file()])
    const now = scene.seen
    const forked = { kind: 'forked' }
    const operation = scene.file()
    assert.deepEqual(await scene.commit([operation], { term: 2 }), forked)
    assert.deepEqual(await scene.commit([operation], { seen: { n: 2, h: now.h } }), forked)
    assert.deepEqual(await scene.commit([operation], { seen: { n: 1, h: seen.h } }), forked)
    assert.deepEqual(await scene.commit([operation], { seen: { n: 0, h: now.h } }), forked)
    await scene.committed([operation], { seen })
    await scene.committed([scene.file()], { seen: now })
  },

  async 'only members commit'(scene) {
    const eve = scene.newAccount(`eve-${scene.name}`)
    await scene.catalogue.createAccount(eve)
    await assert.rejects(scene.commit([scene.file()], { account: eve.account }), {
      code: 'FORBIDDEN',
    })
    await assert.rejects(scene.commit([scene.file()], { vault: scene.id() }), {
      code: 'VAULT_NOT_FOUND',
    })
  },

  async 'malformed commits are refused'(scene) {
    const file = scene.file()
    const chunk = scene.chunk()
    const bad = [
      [],
      [file, { ...scene.file(), version: file.version }],
      [scene.file({ tombstone: true })],
      [{ ...scene.file(), entry: scene.vault }],
      [scene.folder({ chunks: [chunk.id] })],
      [{ ...scene.file({ chunks: [chunk.id] }), chunkCount: 2 }],
      [{ ...file, pages: [{ number: 1, ids: chunk.id, sealedLengths: chunk.id }], chunkCount: 1 }],
      [{ ...file, pages: [{ number: 0, ids: scene.bytes(31), sealedLengths: chunk.id }] }],
    ]
    for (const operations of bad) {
      await assert.rejects(scene.commit(operations), { code: 'MALFORMED' })
    }
    await assert.rejects(scene.commit([file], { packs: [scene.pack([chunk])] }), {
      code: 'MALFORMED',
    })
    const many = Array.from({ length: limits.commitOperationsMax + 1 }, () => scene.file())
    await assert.rejects(scene.commit(many), { code: 'OVER_LIMIT' })
    await scene.look()
    assert.equal(scene.seen.n, 0)
  },

  async 'a thousand operations are one commit'(scene) {
    const folder = scene.folder()
    const chunks = Array.from({ length: 1000 }, () => scene.chunk(100))
    const packs = [0, 1, 2, 3].map((at) => scene.pack(chunks.slice(at * 250, at * 250 + 250)))
    const upload = await scene.registered(packs)
    const files = chunks.map((chunk) => scene.file({ parent: folder.entry, chunks: [chunk.id] }))
    await scene.committed([folder, ...files], { upload })
    const found = await scene.lookup(files.slice(0, 500).map((file) => file.version))
    assert.equal(found.pages.length, 500)
    assert.deepEqual(
      found.pages.map((page) => page.chunks[0]?.id),
      ids(chunks.slice(0, 500)),
    )
    const row = await scene.catalogue.account(scene.account)
    assert.equal(row?.usedBytes, 100_000)
  },

  async 'an account over its quota may only remove'(scene) {
    const { catalogue } = scene
    const rich = scene.newAccount(`poor-${scene.name}`, { quotaBytes: 2500 })
    await catalogue.createAccount(rich)
    const { account } = rich
    const { vault } = rich.home
    const h = (await catalogue.vault({ vault, account }))!.h
    const own = { account, vault, seen: { n: 0, h } }
    const upload = scene.id()
    const chunks = [scene.chunk(), scene.chunk(), scene.chunk()]
    const pack = (at: number) => scene.pack([chunks[at]!])
    const file = scene.file({ parent: vault, chunks: [chunks[0]!.id, chunks[1]!.id] })
    const packs = [pack(0), pack(1)]
    assert.equal((await scene.commit([file], { ...own, upload, packs })).kind, 'committed')
    const more = scene.file({ parent: vault, chunks: [chunks[2]!.id] })
    const refused = await scene.commit([more], { ...own, upload, packs: [pack(2)] })
    assert.deepEqual(refused, { kind: 'over-quota', quotaBytes: 2500, usedBytes: 3000 })
    assert.equal((await catalogue.account(account))?.usedBytes, 2000)
    await catalogue.registerPacks({ upload, vault, packs: [pack(2)] })
    assert.equal((await scene.commit([scene.tombstone(file)], own)).kind, 'committed')
  },
}
