import assert from 'node:assert/strict'
import { writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withFileGrid } from '../../testing/files/file-grid.ts'

test('a file goes there and back', async () => {
  await withFileGrid({}, async ({ machine, folder }) => {
    writeFileSync(join(folder, 'a'), 'hello')
    const put = await machine.run(['put', '--json', join(folder, 'a'), 'home:/'])
    assert.equal(put.exit, 0, put.hearing.error)
    const got = await machine.run(['get', '--json', 'home:/a', join(folder, 'b')])
    assert.equal(got.exit, 0, got.hearing.error)
    assert.equal(readFileSync(join(folder, 'b'), 'utf8'), 'hello')
  })
})
