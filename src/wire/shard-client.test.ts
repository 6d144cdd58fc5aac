/** The opener's side in the simulated world: broken links, stalls, cancels. */
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { equalBytes } from '../base/bytes.ts'
import { sleep } from '../base/clock.ts'
import { hasCode, HoldfastError } from '../base/errors.ts'
import type { ErrorCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { check, rejects as rejectsWith } from '../testing/node/checks.ts'
import { addressOf, bodyOf } from '../testing/node/node-grid.ts'
import { overriding } from '../testing/node/overriding.ts'

/** Of this node, which the error names. */
function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  return rejectsWith(promise, code, ({ details }) => assert.equal(details['node'], 'the node'))
}

describe('a shard client', () => {
  check(
    'fails all that is under way when the link breaks in the middle of bodies',
    async (grid) => {
      const shards = [grid.shard(3_200_000), grid.shard(64_000)]
      const writer = await grid.admitted(shards[0]!.vault)
      grid.network.setLink('client', 'node', { bytesPerMs: 10_000 })
      const put = writer.put(addressOf(shards[0]!), bodyOf(shards[0]!))
      const status = writer.status()
      await sleep(grid.clock, 100)
      const late = writer.status()
      const reading = new Uint8Array(10)
      const read = writer.read(addressOf(shards[0]!), { offset: 0, into: reading })
      grid.network.reset('client', 'node')
      await status
      for (const promise of [put, late, read]) await rejects(promise, 'CONNECTION_LOST')
      await rejects(writer.status(), 'CONNECTION_LOST')
      assert.ok(hasCode(await writer.closed, 'CONNECTION_LOST'))
      await sleep(grid.clock, 10)
      assert.equal(grid.store.usage().shards, 0)
      const again = await grid.admitted(shards[0]!.vault)
      await again.put(addressOf(shards[0]!), bodyOf(shards[0]!))
    },
  )

  check('times out on a silent node, and takes the connection for lost', async (grid) => {
    const silent = await grid.connect()
    grid.network.cut('client', 'node')
    const startMs = grid.clock.monotonicMs()
    const [short, long] = [silent.status({ stallMs: 1000 }), silent.status()]
    await rejects(short, 'TIMED_OUT')
    await rejects(long, 'CONNECTION_LOST')
    assert.ok(grid.clock.monotonicMs() - startMs < 1100)
  })

  check(
    'lets one slow request time out while others go on',
    async (grid) => {
      const slow = grid.shard(64)
      const reader = await grid.admitted(slow.vault)
      await reader.put(addressOf(slow), bodyOf(slow))
      const into = new Uint8Array(64)
      const read = reader.read(addressOf(slow), { offset: 0, into, stallMs: 3000 })
      const beats = async (): Promise<void> => {
        for (let beat = 0; beat < 10; beat += 1) {
          await sleep(grid.clock, 500)
          await reader.status()
        }
      }
      await Promise.all([rejects(read, 'TIMED_OUT'), beats()])
      assert.equal(reader.ended, undefined)
    },
    { wrap: (store) => overriding(store, { read: () => new Promise(() => {}) }) },
  )

  check('gives memory back before an aborted put settles', async (grid) => {
    const shard = grid.shard(6_400_000)
    const writer = await grid.admitted(shard.vault)
    grid.network.setLink('client', 'node', { bytesPerMs: 100_000 })
    const abort = new AbortController()
    const blocks = [shard.header.slice(), shard.content.slice()]
    const put = writer.put(addressOf(shard), { ...bodyOf(shard), blocks, signal: abort.signal })
    await sleep(grid.clock, 20)
    const reason = new Error('no longer wanted')
    abort.abort(reason)
    await assert.rejects(put, reason)
    for (const block of blocks) block.fill(255)
    await writer.put(addressOf(shard), bodyOf(shard))
    const into = new Uint8Array(shard.content.length)
    await writer.read(addressOf(shard), { offset: 0, into })
    assert.ok(equalBytes(into, shard.content))
  })

  check('ends a connection that does not let go of an aborted body', async (grid) => {
    const shard = grid.shard(6_400_000)
    const writer = await grid.admitted(shard.vault)
    const abort = new AbortController()
    const put = writer.put(addressOf(shard), { ...bodyOf(shard), signal: abort.signal })
    await sleep(grid.clock, 2)
    grid.network.cut('client', 'node')
    await sleep(grid.clock, 50)
    const startMs = grid.clock.monotonicMs()
    abort.abort(new Error('no longer wanted'))
    await assert.rejects(put, /no longer wanted/)
    assert.ok(grid.clock.monotonicMs() - startMs <= limits.bodyDropMs + 1)
  })

  check('writes nothing into memory of an aborted read', async (grid) => {
    const shard = grid.shard(6_400_000)
    const reader = await grid.admitted(shard.vault)
    await reader.put(addressOf(shard), bodyOf(shard))
    grid.network.setLink('client', 'node', { bytesPerMs: 100_000 })
    const abort = new AbortController()
    const into = new Uint8Array(shard.content.length)
    const read = reader.read(addressOf(shard), { offset: 0, into, signal: abort.signal })
    await sleep(grid.clock, 30)
    abort.abort(new Error('no longer wanted'))
    await assert.rejects(read, /no longer wanted/)
    into.fill(0)
    await sleep(grid.clock, 1000)
    assert.ok(into.every((byte) => byte === 0))
    await reader.status()
  })

  check('sends small requests past large bodies', async (grid) => {
    const shard = grid.shard(9_600_000)
    const writer = await grid.admitted(shard.vault)
    grid.network.setLink('client', 'node', { bytesPerMs: 10_000 })
    const startMs = grid.clock.monotonicMs()
    const put = writer.put(addressOf(shard), bodyOf(shard))
    await sleep(grid.clock, 50)
    await writer.status()
    const statusMs = grid.clock.monotonicMs() - startMs
    await put
    const putMs = grid.clock.monotonicMs() - startMs
    assert.ok(statusMs < putMs / 2, `${statusMs} of ${putMs} ms`)
  })

  check(
    'is served although others use up the memory for bodies',
    async (grid) => {
      const vault = grid.random.bytes(16)
      const writers = await Promise.all(Array.from({ length: 5 }, () => grid.admitted(vault)))
      const shards = Array.from({ length: 60 }, (_, at) =>
        grid.shard(at % 3 === 0 ? 640 : 640_000, vault),
      )
      await Promise.all(
        shards.map((shard, at) => writers[at % 5]!.put(addressOf(shard), bodyOf(shard))),
      )
      assert.equal(grid.store.usage().shards, 60)
    },
    { receiveBytesMax: 1_500_000 },
  )

  check('is told at once when the shard is there already', async (grid) => {
    const shard = grid.shard(9_600_000)
    const writer = await grid.admitted(shard.vault)
    await writer.put(addressOf(shard), bodyOf(shard))
    grid.network.setLink('client', 'node', { bytesPerMs: 1000 })
    const startMs = grid.clock.monotonicMs()
    await writer.put(addressOf(shard), bodyOf(shard))
    assert.ok(grid.clock.monotonicMs() - startMs < 10)
  })

  check('survives bits flipped on the way', async (grid) => {
    const shard = grid.shard(64_000)
    grid.network.setLink('client', 'node', { flipChance: 0.1 })
    const into = new Uint8Array(64_000)
    let [stored, refused] = [0, 0]
    for (let turn = 0; turn < 60; turn += 1) {
      try {
        const writer = await grid.admitted(shard.vault)
        await writer.put(addressOf(shard), { ...bodyOf(shard), stallMs: 1000 })
        await writer.read(addressOf(shard), { offset: 0, into, stallMs: 1000 })
        stored += 1
        writer.close()
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error
        refused += 1
      }
    }
    assert.ok(stored > 5 && refused > 5, `${stored} stored, ${refused} refused`)
    const target = new Uint8Array(64_000)
    await grid.store.read(shard.shardId, { offset: 0, target })
    assert.ok(equalBytes(target, shard.content))
  })
})
