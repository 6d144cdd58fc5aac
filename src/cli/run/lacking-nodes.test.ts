import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { full } from '../../testing/files/faulty-store.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

async function ran({ machine, folder }: FileGrid, line: string) {
  const words = line.split(' ').map((word) => word.replace(/^@/, `${folder}/`))
  const { exit, hearing, document } = await machine.run(['--json', ...words])
  const errors: any[] = hearing.errorLines.flatMap(({ error }: any) => (error ? [error] : []))
  return { exit, errors, document, hearing }
}

test('nodes that are up but have no space are told as that before anything is sent', async () => {
  await withFileGrid({}, async (grid) => {
    const many = join(grid.folder, 'many')
    mkdirSync(many)
    for (let at = 0; at < 1300; at += 1) writeFileSync(join(many, `${at}`), `the file ${at}`)
    for (const at of [1, 2]) {
      const { store } = grid.nodes[at]!
      store.said = { kind: 'read-only', cause: 'space', reason: 'It is full' }
      store.beforePut = full
    }
    // Nothing is left of them: as after all was used up.
    for (const at of [1, 2]) grid.nodes[at]!.store.freeBytes = 0
    await grid.pass(2 * limits.heartbeatMs)
    const put = await ran(grid, 'put @many home:/')
    assert.equal(put.exit, 9)
    assert.deepEqual(new Set(put.errors.map(({ code }) => code)), new Set(['NO_SPACE']))
    assert.match(put.errors[0].message, /without space: n2, n3/)
    assert.match(put.errors[0].hint, /free space on the disks/)
    assert.match(put.hearing.error, /nodes n2, n3 are read-only: no space left/)
    assertAllFailed(put.document, { files: 1300, code: 'NO_SPACE' })
  })
})

test('what cannot be stored because others could not is told with their reason, each once', async () => {
  await withFileGrid({}, async (grid) => {
    const many = join(grid.folder, 'many')
    mkdirSync(many)
    for (let at = 0; at < 2000; at += 1) writeFileSync(join(many, `${at}`), `the file ${at}`)
    writeFileSync(join(many, 'large'), new SeededRandom(9).bytes(9 * 1024 * 1024))
    for (const at of [0, 1, 2]) grid.nodes[at]!.stop()
    await grid.pass(2 * limits.nodeDownMs)
    const put = await ran(grid, 'put @many home:/')
    assert.equal(put.exit, 7)
    assertAllFailed(put.document, { files: 2001, code: 'TOO_FEW_NODES' })
  })
})

function assertAllFailed(document: any, { files, code }: { files: number; code: string }): void {
  const failed = document.files.filter(({ path }: any) => path !== '/many')
  assert.equal(new Set(failed.map(({ path }: any) => path)).size, files)
  assert.equal(failed.length, files)
  for (const { state, error } of failed) assert.deepEqual([state, error.code], ['failed', code])
}
