import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'

const links = 300
const names = Array.from({ length: links }, (_, at) => `l${String(at).padStart(3, '0')}`)

async function putLinks({ machine, folder }: FileGrid): Promise<void> {
  mkdirSync(join(folder, 'd'))
  for (const name of names) symlinkSync(`to ${name}`, join(folder, 'd', name))
  assert.equal((await machine.run(['put', join(folder, 'd'), 'home:/'])).exit, 0)
}

function reads({ nodes }: FileGrid): number {
  return nodes.reduce((sum, { store }) => sum + store.reads, 0)
}

test('a listing reads links only where it shows their targets', async () => {
  await withFileGrid({}, async (grid) => {
    await putLinks(grid)
    const plain = await grid.machine.run(['ls', 'home:/d'])
    assert.equal(plain.hearing.text.trim().split('\n').length, links)
    assert.equal(reads(grid), 0)
    const { document } = await grid.machine.run(['--json', 'ls', 'home:/d'])
    assert.deepEqual(
      document.entries.map(({ target }: any) => target),
      names.map((name) => `to ${name}`),
    )
    const long = await grid.machine.run(['ls', '-l', 'home:/d'])
    assert.match(long.hearing.text, /l007 -> 'to l007'/)
  })
})

test('what cannot be read now is listed without its target', async () => {
  await withFileGrid({}, async (grid) => {
    await putLinks(grid)
    for (const node of grid.nodes.slice(1)) node.stop()
    await grid.pass(2 * limits.nodeDownMs)
    const { clock } = grid.machine.process!
    const startMs = clock.monotonicMs()
    const { exit, document } = await grid.machine.run(['--json', 'ls', 'home:/d'])
    assert.equal(exit, 0)
    assert.ok(clock.monotonicMs() - startMs < 20_000, `${clock.monotonicMs() - startMs} ms`)
    assert.equal(document.entries.length, links)
    for (const entry of document.entries) {
      assert.equal(entry.target, undefined)
      assert.equal(entry.health, 'unknown')
    }
  })
})
