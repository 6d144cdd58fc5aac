import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const files = 700
const fileBytes = 4000

function contentOf(number: number): Uint8Array {
  return new SeededRandom(number).bytes(fileBytes)
}

/** Files `from` to `to` with contents of their own, and a link. */
function makeFolder({ folder }: FileGrid, name: string, [from, to]: readonly [number, number]) {
  mkdirSync(join(folder, name))
  symlinkSync('a target that is always the same', join(folder, name, 'link'))
  for (let number = from; number < to; number += 1) {
    writeFileSync(join(folder, name, `f${number}`), contentOf(number))
  }
}

/** What a put told of its files, and the bytes that reached the nodes. */
async function put({ machine, nodes, folder }: FileGrid, name: string) {
  const sent = (): number => nodes.reduce((sum, { store }) => sum + store.putBytes, 0)
  const before = sent()
  const { exit, hearing, document } = await machine.run([
    '--json',
    'put',
    join(folder, name),
    'home:/',
  ])
  assert.equal(exit, 0, hearing.error)
  const newBytes = document.files.reduce((sum: number, one: any) => sum + one.newBytes, 0)
  assert.ok(document.files.every(({ state }: any) => state === 'stored'))
  return { newBytes, sentBytes: sent() - before, shards: document.shards }
}

async function comesBack({ machine, folder }: FileGrid, name: string, range: [number, number]) {
  const back = join(folder, `${name}-back`)
  assert.equal((await machine.run(['get', `home:/${name}`, back])).exit, 0)
  for (let number = range[0]; number < range[1]; number += 1) {
    assert.deepEqual(readFileSync(join(back, `f${number}`)), Buffer.from(contentOf(number)))
  }
  assert.equal(readlinkSync(join(back, 'link')), 'a target that is always the same')
}

test('small files that the vault has are not sent again, under whatever name', async () => {
  await withFileGrid({}, async (grid) => {
    makeFolder(grid, 'a', [0, files])
    makeFolder(grid, 'b', [0, files])
    const first = await put(grid, 'a')
    assert.ok(first.newBytes > files * fileBytes)
    const second = await put(grid, 'b')
    assert.deepEqual(second, { newBytes: 0, sentBytes: 0, shards: { written: 0, wanted: 0 } })
    await comesBack(grid, 'b', [0, files])
  })
})

test('of a batch that the vault has in part, the rest is sent', async () => {
  await withFileGrid({}, async (grid) => {
    makeFolder(grid, 'a', [0, 300])
    makeFolder(grid, 'b', [100, 500])
    await put(grid, 'a')
    const { newBytes, sentBytes } = await put(grid, 'b')
    assert.equal(newBytes, 200 * fileBytes)
    // 2+2 sends each byte twice, padded.
    assert.ok(sentBytes < 2.5 * newBytes, `${sentBytes} sent of ${newBytes}`)
    await comesBack(grid, 'b', [100, 500])
  })
})

test('what is known but lost is sent again', async () => {
  await withFileGrid({}, async (grid) => {
    makeFolder(grid, 'a', [0, 100])
    makeFolder(grid, 'b', [0, 100])
    await put(grid, 'a')
    grid.coordinator.database.run('update packs set held = 0', [])
    const { newBytes, sentBytes } = await put(grid, 'b')
    assert.ok(newBytes >= 100 * fileBytes)
    assert.ok(sentBytes > 0)
    await comesBack(grid, 'b', [0, 100])
  })
})

test('a batch that was taken for strangers is sent once more', async () => {
  const limits = { collectGraceMs: 1000, collectPeriodMs: 500, censusPeriodMs: 500 }
  await withFileGrid({ limits }, async (grid) => {
    makeFolder(grid, 'a', [0, 20])
    let puts = 0
    for (const { store } of grid.nodes.slice(2)) {
      store.beforePut = async () => {
        puts += 1
        if (puts <= 2) await grid.pass(20_000)
      }
    }
    await put(grid, 'a')
    assert.ok(puts > 2, `${puts}: the first pack was registered`)
    await comesBack(grid, 'a', [0, 20])
  })
})
