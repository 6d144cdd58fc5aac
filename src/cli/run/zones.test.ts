import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { full } from '../../testing/files/faulty-store.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const MiB = 1024 * 1024
const bytes = new SeededRandom(9).bytes(40 * MiB)

/** The last node is alone in its room. */
function lastAlone(nodes: number): { readonly nodes: number; zoneOf: (node: string) => string } {
  return { nodes, zoneOf: (node) => (node === `n${nodes}` ? 'b' : 'a') }
}

async function putAndBack({ machine, folder }: FileGrid) {
  const [file, back] = [join(folder, 'f'), join(folder, 'back')]
  writeFileSync(file, bytes)
  const put = await machine.run(['--json', 'put', file, 'home:/'])
  assert.equal(put.exit, 0, put.hearing.error)
  assert.equal((await machine.run(['get', 'home:/f', back])).exit, 0)
  assert.ok(readFileSync(back).equals(bytes))
  return put.document
}

test('a slow node that is alone in its zone is waited for, pack after pack', async () => {
  await withFileGrid(lastAlone(5), async (grid) => {
    grid.nodes[4]!.store.beforePut = () => grid.pass(3 * limits.stallMinMs)
    await putAndBack(grid)
    assert.ok(grid.nodes[4]!.store.puts > 0)
  })
})

test('a zone whose node takes no more shards is not asked of a pack', async () => {
  await withFileGrid({ nodes: 4, zoneOf: (node) => (node === 'n4' ? 'b' : 'a') }, async (grid) => {
    const { store } = grid.nodes[3]!
    store.said = { kind: 'read-only', cause: 'space', reason: 'full' }
    store.beforePut = full
    await grid.pass(2 * limits.heartbeatMs)
    const { shards } = await putAndBack(grid)
    assert.equal(shards.wanted - shards.written, shards.wanted / 4)
  })
})

test('a zone that comes back in the middle of a put does not end it', async () => {
  await withFileGrid(lastAlone(4), async (grid) => {
    const [first, , , last] = grid.nodes
    last!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    let puts = 0
    first!.store.beforePut = async () => {
      puts += 1
      if (puts === 2) await last!.start()
      await grid.pass(1000)
    }
    await putAndBack(grid)
  })
})
