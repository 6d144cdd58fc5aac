/** What a node refuses, in the simulated world: requests that may not be, clients that lie, stall or flood. */
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { equalBytes } from '../base/bytes.ts'
import { HoldfastError } from '../base/errors.ts'
import { sleep } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { check, rejects } from '../testing/node/checks.ts'
import { addressOf, bodyOf, coordinator, sessionSeed } from '../testing/node/node-grid.ts'
import { overriding } from '../testing/node/overriding.ts'

describe('a node with an empty store', () => {
  check(
    'takes no shards before the coordinator knows it',
    async (grid) => {
      const shard = grid.shard(64)
      const healer = await grid.connect(coordinator(1))
      const writer = await grid.admitted(shard.vault, { term: 1 })
      for (const opened of [writer, healer]) {
        await rejects(opened.put(addressOf(shard), bodyOf(shard)), 'READ_ONLY')
      }
      await healer.time({ timeMs: grid.clock.nowMs(), term: 1 })
      await rejects(writer.put(addressOf(shard), bodyOf(shard)), 'READ_ONLY')
      await grid.server.learn({ timeMs: grid.clock.nowMs(), term: 1 })
      await writer.put(addressOf(shard), bodyOf(shard))
      assert.equal(grid.store.usage().shards, 1)
    },
    { heard: false },
  )
})

describe('a node refuses by ticket', () => {
  check('requests without one', async (grid) => {
    const shard = grid.shard(64)
    const bare = await grid.connect()
    await rejects(bare.put(addressOf(shard), bodyOf(shard)), 'TICKET_REFUSED')
    await rejects(
      bare.read(addressOf(shard), { offset: 0, into: new Uint8Array(1) }),
      'TICKET_REFUSED',
    )
    await rejects(bare.have([addressOf(shard)]), 'TICKET_REFUSED')
    await rejects(bare.list({ most: 1 }), 'FORBIDDEN')
    await rejects(bare.delete([], { term: 9 }), 'FORBIDDEN')
    await rejects(bare.time({ timeMs: 1, term: 1 }), 'FORBIDDEN')
    assert.equal(grid.store.usage().shards, 0)
  })

  check('tickets that are forged, of others, of another time or term', async (grid) => {
    await grid.server.learn({ timeMs: grid.clock.nowMs(), term: 5 })
    const vault = grid.random.bytes(16)
    const bare = await grid.connect()
    const nowMs = grid.clock.nowMs()
    for (const changed of [
      { sessionKey: new Uint8Array(32) },
      { grid: new Uint8Array(16) },
      { expiresMs: nowMs - limits.ticketSkewMs - 1 },
      { issuedMs: nowMs + limits.ticketSkewMs + 1000 },
      { term: 4 },
    ]) {
      await rejects(bare.present(grid.ticket(vault, { term: 5, ...changed })), 'TICKET_REFUSED')
    }
    const forged = grid.ticket(vault, { term: 5 })
    forged[60]! ^= 1
    await rejects(bare.present(forged), 'TICKET_REFUSED')
    await bare.present(grid.ticket(vault, { term: 5 }))
  })

  const raising = Promise.withResolvers<void>()
  check(
    'no ticket of a new term before it keeps the term, but when its disk cannot be written',
    async (grid) => {
      const { vault } = grid.shard(64)
      const bare = await grid.connect()
      const presenting = bare.present(grid.ticket(vault, { term: 5 })).then(() => grid.store.term)
      await sleep(grid.clock, 1000)
      assert.equal(grid.store.term, 0)
      raising.resolve()
      assert.equal(await presenting, 5)
      await bare.present(grid.ticket(vault, { term: 7 }))
      assert.equal(grid.store.term, 5)
    },
    {
      wrap: (store) =>
        overriding(store, {
          raiseTerm: async (term) => {
            if (term > 5) throw new HoldfastError('READ_ONLY', 'the disk is worn')
            await raising.promise
            await store.raiseTerm(term)
          },
        }),
    },
  )

  check('what the ticket does not give: rights, vault, bytes, time', async (grid) => {
    const [shard, other] = [grid.shard(6400), grid.shard(64)]
    const expiresMs = grid.clock.nowMs() + 60_000
    const reader = await grid.admitted(shard.vault, { rights: 1, expiresMs })
    await rejects(reader.put(addressOf(shard), bodyOf(shard)), 'TICKET_REFUSED')
    const writer = await grid.admitted(shard.vault, { rights: 2, bytesMax: 10_000 })
    await rejects(writer.put(addressOf(other), bodyOf(other)), 'TICKET_REFUSED')
    await writer.put(addressOf(shard), bodyOf(shard))
    const into = new Uint8Array(10)
    await rejects(writer.read(addressOf(shard), { offset: 0, into }), 'TICKET_REFUSED')
    const more = grid.shard(6400, shard.vault)
    await rejects(writer.put(addressOf(more), bodyOf(more)), 'TICKET_REFUSED')
    await reader.read(addressOf(shard), { offset: 0, into })
    await sleep(grid.clock, 60_000 + limits.ticketSkewMs)
    await rejects(reader.read(addressOf(shard), { offset: 0, into }), 'TICKET_REFUSED')
  })

  check('used-up bytes on every connection that shows the same ticket', async (grid) => {
    const vault = grid.random.bytes(16)
    const ticket = grid.ticket(vault, { bytesMax: 10_000 })
    const shards = [grid.shard(6400, vault), grid.shard(6400, vault)] as const
    for (const [at, shard] of shards.entries()) {
      const writer = await grid.connect()
      await writer.present(ticket)
      const put = writer.put(addressOf(shard), bodyOf(shard))
      await (at === 0 ? put : rejects(put, 'TICKET_REFUSED'))
    }
  })

  check('a connection that tries one ticket after the other', async (grid) => {
    const bare = await grid.connect()
    const forged = grid.ticket(grid.random.bytes(16))
    forged[60]! ^= 1
    for (let count = 0; count < limits.ticketTriesMax; count += 1) {
      await rejects(bare.present(forged), 'TICKET_REFUSED')
    }
    await rejects(bare.present(forged), 'CONNECTION_LOST')
  })
})

describe('a node refuses bodies', () => {
  for (const bytes of [6400, 640_000]) {
    check(`of ${bytes} bytes with a wrong root, header or vault`, async (grid) => {
      const shard = grid.shard(bytes)
      const writer = await grid.admitted(shard.vault)
      const spoiled = { ...shard, content: shard.content.slice() }
      spoiled.content[bytes - 1]! ^= 1
      await rejects(writer.put(addressOf(shard), bodyOf(spoiled)), 'CORRUPT')
      const otherHeader = { ...shard, header: grid.shard(bytes).header }
      await rejects(writer.put(addressOf(shard), bodyOf(otherHeader)), 'CORRUPT')
      const noHeader = { ...shard, header: new Uint8Array(128) }
      await rejects(writer.put(addressOf(shard), bodyOf(noHeader)), 'CORRUPT')
      const shorter = { ...shard, content: shard.content.subarray(64) }
      await rejects(writer.put(addressOf(shard), bodyOf(shorter)), 'CORRUPT')
      assert.equal(grid.store.usage().shards, 0)
      await writer.put(addressOf(shard), bodyOf(shard))
      await writer.put(addressOf(shard), bodyOf(shard))
      const wrongRoot = { ...bodyOf(shard), root: new Uint8Array(32) }
      await rejects(writer.put(addressOf(shard), wrongRoot), 'EXISTS')
      const status = await writer.status()
      assert.equal(status.shards, 1)
    })
  }

  check('that are empty or too long', async (grid) => {
    const shard = grid.shard(64)
    const writer = await grid.admitted(shard.vault)
    const empty = { ...bodyOf(shard), blocks: [shard.header] }
    await rejects(writer.put(addressOf(shard), empty), 'OVER_LIMIT')
    const long = { ...bodyOf(shard), blocks: [new Uint8Array(limits.shardBytesMax + 192)] }
    await rejects(writer.put(addressOf(shard), long), 'OVER_LIMIT')
  })

  check(
    'when the disk is full, read-only or gone, and goes on reading',
    async (grid) => {
      const shard = grid.shard(640_000)
      const writer = await grid.admitted(shard.vault)
      await rejects(writer.put(addressOf(shard), bodyOf(shard)), 'NO_SPACE')
      assert.equal((await writer.status()).state, 'serving')
    },
    { bytesMax: 1000 },
  )

  check(
    'at once when the store says that it takes none',
    async (grid) => {
      const shard = grid.shard(640_000)
      const writer = await grid.admitted(shard.vault)
      assert.equal(writer.welcome.state, 'read-only')
      await rejects(writer.put(addressOf(shard), bodyOf(shard)), 'READ_ONLY')
    },
    {
      wrap: (store) =>
        overriding(store, { state: { kind: 'read-only', cause: 'disk', reason: 'it is worn' } }),
    },
  )
})

describe('a node refuses reads', () => {
  check('of what is not there, of other vaults, beyond the end', async (grid) => {
    const shard = grid.shard(6400)
    const reader = await grid.admitted(shard.vault)
    await reader.put(addressOf(shard), bodyOf(shard))
    const into = new Uint8Array(100)
    const absent = addressOf(grid.shard(64, shard.vault))
    await rejects(reader.read(absent, { offset: 0, into }), 'NOT_FOUND')
    await rejects(reader.readHeader(absent), 'NOT_FOUND')
    await rejects(reader.proveLeaf(absent, { leaf: 0 }), 'NOT_FOUND')
    await rejects(reader.read(addressOf(shard), { offset: 6301, into }), 'OVER_LIMIT')
    await rejects(reader.proveLeaf(addressOf(shard), { leaf: 1 }), 'OVER_LIMIT')
    const otherVault = { shard: addressOf(shard).shard, vault: grid.random.bytes(16) }
    const stranger = await grid.admitted(otherVault.vault)
    await rejects(stranger.read(otherVault, { offset: 0, into }), 'NOT_FOUND')
    assert.deepEqual(await stranger.have([otherVault]), ['absent'])
  })

  check(
    'with CORRUPT where the disk fails in the middle',
    async (grid) => {
      const shard = grid.shard(3_000_000 - (3_000_000 % 64))
      const reader = await grid.admitted(shard.vault)
      await reader.put(addressOf(shard), bodyOf(shard))
      const into = new Uint8Array(shard.content.length)
      await rejects(reader.read(addressOf(shard), { offset: 0, into }), 'INTERNAL')
      await reader.read(addressOf(shard), { offset: 0, into: into.subarray(0, 100) })
      assert.ok(equalBytes(into.subarray(0, 100), shard.content.subarray(0, 100)))
    },
    {
      wrap: (store) =>
        overriding(store, {
          read: (shardId, range) => {
            if (range.offset > 1_000_000) throw new Error('strange disk')
            return store.read(shardId, range)
          },
        }),
    },
  )
})

describe('a node keeps the term', () => {
  check('raises it for a newer coordinator and refuses an older one', async (grid) => {
    const old = await grid.connect(coordinator(3))
    assert.equal(grid.store.term, 3)
    const young = await grid.connect(coordinator(4))
    assert.equal(grid.store.term, 4)
    await rejects(old.list({ most: 1 }), 'TERM_OLD')
    await rejects(old.delete([], { term: 3 }), 'TERM_OLD')
    await rejects(young.delete([], { term: 3 }), 'TERM_OLD')
    await rejects(grid.connect(coordinator(3)), 'TERM_OLD')
    await rejects(grid.server.learn({ timeMs: 1, term: 3 }), 'TERM_OLD')
    const impostor = { role: 'coordinator', seed: sessionSeed, term: 9 } as const
    await rejects(grid.connect(impostor), 'FORBIDDEN')
    assert.equal(grid.store.term, 4)
    await young.time({ timeMs: 5, term: 6 })
    assert.equal(grid.store.term, 6)
  })

  check("judges tickets by the coordinator's time", async (grid) => {
    const vault = grid.random.bytes(16)
    const nowMs = grid.clock.nowMs() + 86_400_000
    const late = { issuedMs: nowMs, expiresMs: nowMs + 1000 }
    const bare = await grid.connect()
    await rejects(bare.present(grid.ticket(vault, late)), 'TICKET_REFUSED')
    await grid.server.learn({ timeMs: nowMs, term: 1 })
    await bare.present(grid.ticket(vault, { ...late, term: 1 }))
  })
})
