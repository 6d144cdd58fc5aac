import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { hang } from '../../testing/files/faulty-store.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const MiB = 1024 * 1024
/** What an interrupted put may have to send again. */
const unregisteredBytes = 64 * MiB

async function done({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const { exit, hearing, document } = await machine.run(['--json', ...words])
  assert.equal(exit, 0, `${line}: ${hearing.error}`)
  return document
}

async function comesBack(grid: FileGrid, place: string, bytes: Uint8Array): Promise<void> {
  await done(grid, `get ${place} @back`)
  assert.deepEqual(readFileSync(join(grid.folder, 'back')), Buffer.from(bytes))
}

/** Does something once, when `node` takes its `count`-th shard. */
function atPut(grid: FileGrid, count: number, act: () => Promise<void>): void {
  let puts = 0
  for (const { store } of grid.nodes) {
    store.beforePut = async () => {
      puts += 1
      if (puts === count) await act()
    }
  }
}

test('a put that outlives its tickets gets new ones', async () => {
  await withFileGrid({ limits: { ticketMs: 2 * limits.ticketRenewMs } }, async (grid) => {
    const bytes = new SeededRandom(1).bytes(40 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    for (const { store } of grid.nodes) store.beforePut = () => grid.pass(20_000)
    await done(grid, 'put @f home:/')
    for (const { store } of grid.nodes) store.beforePut = () => {}
    await comesBack(grid, 'home:/f', bytes)
  })
})

test('a put goes on when the coordinator is restarted in the middle', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(2).bytes(60 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    atPut(grid, 20, async () => {
      grid.coordinator.crash({ silent: false })
      await grid.coordinator.start()
    })
    await done(grid, 'put @f home:/')
    await comesBack(grid, 'home:/f', bytes)
  })
})

test('a put goes on when its lease ended meanwhile', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(3).bytes(60 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    atPut(grid, 20, async () => {
      grid.coordinator.database.run('update uploads set expires_ms = 0', [])
      await grid.pass(5 * limits.collectPeriodMs)
    })
    await done(grid, 'put @f home:/')
    await comesBack(grid, 'home:/f', bytes)
  })
})

test('an interrupted put that is run again sends only what was not registered', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(4).bytes(80 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    const ending = new AbortController()
    const sent = (): number => grid.nodes.reduce((sum, { store }) => sum + store.putBytes, 0)
    atPut(grid, 24, async () => ending.abort(new Error('killed')))
    const { machine } = grid
    const put = await machine.run(['put', join(grid.folder, 'f'), 'home:/'], {
      signal: ending.signal,
    })
    assert.notEqual(put.exit, 0)
    // Shards that had reached their nodes are stored whole.
    await grid.pass(1000)
    const before = sent()
    const again = await done(grid, 'put @f home:/')
    const leftBytes = bytes.length - before / 2
    const { newBytes } = again.files[0]
    assert.ok(newBytes <= leftBytes + unregisteredBytes, `${newBytes} new, ${leftBytes} left`)
    // 2+2 sends each byte twice.
    assert.ok(sent() - before <= 2.2 * newBytes)
    await comesBack(grid, 'home:/f', bytes)
  })
})

test('a put that is interrupted when the coordinator is gone ends soon', async () => {
  await withFileGrid({}, async (grid) => {
    writeFileSync(join(grid.folder, 'f'), new SeededRandom(6).bytes(60 * MiB))
    const ending = new AbortController()
    const { machine, coordinator, folder } = grid
    const clock = machine.process!.clock
    let endedMs = 0
    atPut(grid, 20, async () => {
      coordinator.crash({ silent: true })
      await grid.pass(100)
      endedMs = clock.monotonicMs()
      ending.abort(new HoldfastError('INTERRUPTED', 'Interrupted'))
    })
    const put = await machine.run(['put', join(folder, 'f'), 'home:/'], { signal: ending.signal })
    assert.equal(put.exit, 130)
    assert.ok(endedMs > 0)
    const tookMs = clock.monotonicMs() - endedMs
    assert.ok(tookMs < 4000, `${tookMs} ms`)
    await coordinator.start()
  })
})

test('a node that hangs for all of a long put costs a few waits, not one for each pack', async () => {
  await withFileGrid({}, async (grid) => {
    const bytes = new SeededRandom(5).bytes(80 * MiB)
    writeFileSync(join(grid.folder, 'f'), bytes)
    grid.nodes[2]!.store.beforePut = hang
    const { clock } = grid.machine.process!
    const startMs = clock.monotonicMs()
    const put = await done(grid, 'put @f home:/')
    const seconds = (clock.monotonicMs() - startMs) / 1000
    assert.ok(seconds < 15, `${seconds} s`)
    assert.equal(put.shards.wanted - put.shards.written, put.shards.wanted / 4)
    grid.nodes[2]!.store.beforePut = () => {}
    await comesBack(grid, 'home:/f', bytes)
  })
})

for (const [policy, nodes] of Object.entries({
  '1+1': 2,
  '1+2': 3,
  '4+2': 6,
  '8+3': 11,
  '16+4': 20,
})) {
  test(`policy ${policy}: stored, read, and read with all that may be gone`, async () => {
    await withFileGrid({ nodes: Math.max(nodes, 4) }, async (grid) => {
      const bytes = new SeededRandom(nodes).bytes(37 * MiB + 11)
      writeFileSync(join(grid.folder, 'f'), bytes)
      writeFileSync(join(grid.folder, 'small'), 'small')
      await done(grid, `vault create other --policy ${policy}`)
      const put = await done(grid, 'put @f @small other:/')
      assert.equal(put.shards.written, put.shards.wanted)
      await comesBack(grid, 'other:/f', bytes)
      const parity = Number(policy.split('+')[1])
      for (const node of grid.nodes.slice(0, parity)) node.stop()
      await grid.pass(2 * limits.nodeDownMs)
      await comesBack(grid, 'other:/f', bytes)
      await comesBack(grid, 'other:/small', Buffer.from('small'))
    })
  })
}
