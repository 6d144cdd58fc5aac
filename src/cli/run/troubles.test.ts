import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { HoldfastError } from '../../base/errors.ts'
import { sleep } from '../../base/clock.ts'
import { full, hang } from '../../testing/files/faulty-store.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const MiB = 1024 * 1024
const bytes = new SeededRandom(9).bytes(9 * MiB)

async function ran({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const startMs = machine.process!.clock.monotonicMs()
  const { exit, hearing, document } = await machine.run(['--json', ...words])
  const errors: any[] = hearing.errorLines.flatMap(({ error }: any) => (error ? [error] : []))
  const seconds = (machine.process!.clock.monotonicMs() - startMs) / 1000
  return { exit, errors, document, hearing, seconds }
}

/** A large file and three small ones, stored while all is well. */
async function filled(grid: FileGrid): Promise<void> {
  const from = join(grid.folder, 'from')
  mkdirSync(from)
  writeFileSync(join(from, 'large'), bytes)
  for (const name of ['a', 'b', 'c']) writeFileSync(join(from, name), `the file ${name}`)
  assert.equal((await ran(grid, 'put @from home:/')).exit, 0)
}

function assertSame(grid: FileGrid, folder: string): void {
  assert.deepEqual(readdirSync(join(grid.folder, folder)).toSorted(), ['a', 'b', 'c', 'large'])
  assert.deepEqual(readFileSync(join(grid.folder, folder, 'large')), Buffer.from(bytes))
  for (const name of ['a', 'b', 'c']) {
    assert.equal(readFileSync(join(grid.folder, folder, name), 'utf8'), `the file ${name}`)
  }
}

const names = ['n1', 'n2', 'n3', 'n4']

test('with one node of four gone everything works, and it is said', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    grid.nodes[1]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 0)
    assert.match(got.hearing.error, /node n2 is down \(3 of 4 nodes up\)/)
    assertSame(grid, 'to')
    const put = await ran(grid, 'put @from home:/again/')
    assert.equal(put.exit, 0)
    const fresh = await ran(grid, 'put - home:/new')
    assert.equal(fresh.exit, 0)
    writeFileSync(join(grid.folder, 'other'), bytes.toReversed())
    const other = await ran(grid, 'put @other home:/')
    assert.equal(other.exit, 0)
    const { wanted, written } = other.document.shards
    assert.equal(written, (wanted * 3) / 4)
    const note = `${wanted - written} of ${wanted} shards are still to be written`
    assert.ok(other.hearing.error.includes(note), other.hearing.error)
    const { document } = await ran(grid, 'ls home:/')
    const health = document.entries.map(({ path, health: how }: any) => `${path} ${how}`)
    assert.ok(health.includes('/other degraded'), health.join())
  })
})

test('with two gone: reading works, storing needs --min-shards 2', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    grid.nodes[0]!.stop()
    grid.nodes[2]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    assert.equal((await ran(grid, 'get home:/from @to')).exit, 0)
    assertSame(grid, 'to')
    writeFileSync(join(grid.folder, 'other'), bytes.toReversed())
    const refused = await ran(grid, 'put @other home:/')
    assert.equal(refused.exit, 7)
    assert.equal(refused.errors[0].code, 'TOO_FEW_NODES')
    assert.match(refused.errors[0].message, /n1, n3/)
    assert.match(refused.errors[0].hint, /--min-shards 2/)
    assert.equal((await ran(grid, 'stat home:/other')).exit, 3)
    const allowed = await ran(grid, 'put @other home:/ --min-shards 2')
    assert.equal(allowed.exit, 0, allowed.hearing.error)
    assert.equal((await ran(grid, 'get home:/other @other2')).exit, 0)
    assert.deepEqual(readFileSync(join(grid.folder, 'other2')), Buffer.from(bytes.toReversed()))
    for (const node of grid.nodes) if (!node.process || node.process.ended) await node.start()
    await grid.pass(60_000)
    const { document } = await ran(grid, 'status')
    const [vault] = document.vaults
    assert.deepEqual([vault.complete, vault.degraded, vault.lost], [vault.files, 0, 0])
  })
})

test('with three gone: what is missing and whose it is, and nothing half written', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    for (const at of [0, 1, 2]) grid.nodes[at]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 7)
    assert.deepEqual(new Set(got.errors.map(({ code }) => code)), new Set(['TOO_FEW_NODES']))
    assert.match(got.errors[0].message, /n1, n2, n3/)
    assert.deepEqual(readdirSync(join(grid.folder, 'to')), [])
    assert.equal(got.document.ok, false)
    const cat = await ran(grid, 'cat home:/from/large')
    assert.equal(cat.exit, 7)
    writeFileSync(join(grid.folder, 'other'), bytes.toReversed())
    const put = await ran(grid, 'put @other home:/ --min-shards 2')
    assert.equal(put.exit, 7)
    assert.match(put.errors[0].message, /1 of 2 needed shards .*n1, n2, n3/)
    assert.equal((await ran(grid, 'stat home:/other')).exit, 3)
  })
})

/** What may befall one node while it works; called when it is first asked. */
const misfortunes: Record<string, (grid: FileGrid, at: number) => Promise<void> | void> = {
  dies(grid, at) {
    grid.nodes[at]!.stop()
    return hang()
  },
  'loses power': (grid, at) => {
    grid.nodes[at]!.stop({ silent: true })
    return hang()
  },
  hangs: hang,
  dawdles: ({ machine }) => sleep(machine.process!.clock, 5000),
}

for (const [name, befall] of Object.entries(misfortunes)) {
  test(`a node that ${name} in the middle of a get`, async () => {
    for (const at of [0, 1, 2, 3]) {
      await withFileGrid({ seed: at }, async (grid) => {
        await filled(grid)
        grid.nodes[at]!.store.beforeRead = () => befall(grid, at)
        const got = await ran(grid, 'get home:/from @to')
        assert.equal(got.exit, 0, got.hearing.error)
        assert.ok(got.seconds < 15, `${got.seconds} s`)
        assertSame(grid, 'to')
      })
    }
  })

  test(`a node that ${name} in the middle of a put`, async () => {
    await withFileGrid({}, async (grid) => {
      let puts = 0
      grid.nodes[1]!.store.beforePut = async () => {
        puts += 1
        if (puts > 1) await befall(grid, 1)
      }
      const from = join(grid.folder, 'from')
      mkdirSync(from)
      writeFileSync(join(from, 'large'), bytes)
      for (const one of ['a', 'b', 'c']) writeFileSync(join(from, one), `the file ${one}`)
      const put = await ran(grid, 'put @from home:/')
      assert.equal(put.exit, 0, put.hearing.error)
      assert.ok(put.seconds < 15, `${put.seconds} s`)
      grid.nodes[1]!.store.beforePut = () => {}
      assert.equal((await ran(grid, 'get home:/from @to')).exit, 0)
      assertSame(grid, 'to')
    })
  })
}

test('two nodes that hang in the middle of a get', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    for (const at of [0, 2]) grid.nodes[at]!.store.beforeRead = hang
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 0, got.hearing.error)
    assertSame(grid, 'to')
  })
})

test('one node is gone, and one of the others dawdles: it is waited for', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    grid.nodes[3]!.stop()
    grid.nodes[2]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    const { clock } = grid.machine.process!
    grid.nodes[0]!.store.beforeRead = () => sleep(clock, 10_000)
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 0, got.hearing.error)
    assertSame(grid, 'to')
  })
})

test('a node that gives wrong bytes is found out, and its files are right', async () => {
  for (const at of [0, 1, 2, 3]) {
    await withFileGrid({ seed: at }, async (grid) => {
      await filled(grid)
      grid.nodes[at]!.store.afterRead = (target) => {
        target[target.length >> 1]! ^= 1
      }
      const got = await ran(grid, 'get home:/from @to')
      assert.equal(got.exit, 0, got.hearing.error)
      assertSame(grid, 'to')
    })
  }
})

test('shards that rotted are rebuilt where they are, once a reader met them', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    // The rot is in the first store that is read, until the shard is written again.
    let rotten = true
    let bad: object | undefined
    for (const { store } of grid.nodes) {
      store.beforePut = () => {
        if (bad === store) rotten = false
      }
      store.afterRead = (target) => {
        bad ??= store
        if (rotten && bad === store) target[0]! ^= 1
      }
    }
    for (const to of ['one', 'two']) {
      assert.equal((await ran(grid, `get home:/from @${to}`)).exit, 0)
      assertSame(grid, to)
    }
    await grid.pass(30_000)
    assert.equal(rotten, false)
    grid.nodes[0]!.stop()
    grid.nodes[2]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    assert.equal((await ran(grid, 'get home:/from @three')).exit, 0)
    assertSame(grid, 'three')
  })
})

test('three nodes that give wrong bytes: an error, and never wrong bytes', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    for (const at of [0, 1, 2]) {
      grid.nodes[at]!.store.afterRead = (target) => void target.fill(at)
    }
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 8)
    assert.equal(got.errors[0].code, 'CORRUPT')
    assert.deepEqual(readdirSync(join(grid.folder, 'to')), [])
    const cat = await ran(grid, 'cat home:/from/large')
    assert.deepEqual([cat.exit, cat.hearing.out.length], [8, 0])
  })
})

test('a node whose disk was replaced is read around', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    const [node] = grid.nodes
    node!.stop()
    node!.loseDisk()
    await node!.start()
    const got = await ran(grid, 'get home:/from @to')
    assert.equal(got.exit, 0, got.hearing.error)
    assertSame(grid, 'to')
  })
})

test('full nodes: one is left out, two are told with exit 9', async () => {
  await withFileGrid({}, async (grid) => {
    grid.nodes[0]!.store.beforePut = full
    writeFileSync(join(grid.folder, 'large'), bytes)
    const one = await ran(grid, 'put @large home:/one')
    assert.equal(one.exit, 0, one.hearing.error)
    grid.nodes[1]!.store.beforePut = full
    writeFileSync(join(grid.folder, 'large'), bytes.toReversed())
    const two = await ran(grid, 'put @large home:/two')
    assert.equal(two.exit, 9)
    assert.equal(two.errors[0].code, 'NO_SPACE')
    assert.equal((await ran(grid, 'stat home:/two')).exit, 3)
    for (const node of grid.nodes) node.store.beforePut = () => {}
    await grid.pass(limits.nodeDistrustMs)
    assert.equal((await ran(grid, 'put @large home:/two')).exit, 0)
  })
})

test('a fifth node takes the place of one that fails', async () => {
  await withFileGrid({ nodes: 5 }, async (grid) => {
    for (const name of names) assert.ok(name)
    grid.nodes[2]!.store.beforePut = () => {
      throw new HoldfastError('READ_ONLY', 'The disk refuses writes')
    }
    writeFileSync(join(grid.folder, 'large'), bytes)
    const put = await ran(grid, 'put @large home:/')
    assert.equal(put.exit, 0)
    assert.deepEqual(put.document.shards.written, put.document.shards.wanted)
  })
})

test('Ctrl-C: what was committed stays, nothing else is seen, no temporary file is left', async () => {
  await withFileGrid({}, async (grid) => {
    await filled(grid)
    const { machine } = grid
    const error = new HoldfastError('INTERRUPTED', 'Interrupted')
    const interrupted = async (line: string[], reached: () => boolean) => {
      const ending = new AbortController()
      const running = machine.run(['--json', ...line], { signal: ending.signal })
      while (!reached()) await grid.pass(0.05)
      ending.abort(error)
      return await running
    }
    writeFileSync(join(grid.folder, 'other'), bytes.toReversed())
    const puts = (): number => grid.nodes.reduce((sum, { store }) => sum + store.puts, 0)
    const before = puts()
    const put = await interrupted(
      ['put', join(grid.folder, 'other'), 'home:/'],
      () => puts() > before + 3,
    )
    assert.equal(put.exit, 130)
    assert.deepEqual((put.hearing.errorLines.at(-1) as any).error.code, 'INTERRUPTED')
    assert.equal((await ran(grid, 'stat home:/other')).exit, 3)
    const to = join(grid.folder, 'to')
    const got = await interrupted(
      ['get', 'home:/from', to],
      () => existsSync(to) && readdirSync(to).length > 0,
    )
    assert.equal(got.exit, 130)
    assert.ok(
      readdirSync(to).every((name) => !name.startsWith('.')),
      readdirSync(to).join(),
    )
    assert.equal((await ran(grid, 'put @other home:/')).exit, 0)
  })
})
