import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withFileGrid } from '../../testing/files/file-grid.ts'
import type { FileGrid } from '../../testing/files/file-grid.ts'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'

const contents = {
  large: new SeededRandom(1).bytes(9_000_000),
  small: new SeededRandom(2).bytes(5000),
  other: new SeededRandom(3).bytes(3),
  empty: new Uint8Array(),
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

async function ran({ machine }: FileGrid, ...line: string[]) {
  const { exit, hearing, document } = await machine.run(['--json', ...line])
  assert.equal(exit, 0, hearing.error)
  return document
}

test('put --digest md5 keeps the MD5 of each file, also of those that were there', async () => {
  await withFileGrid({}, async (grid) => {
    const folder = join(grid.folder, 'd')
    mkdirSync(folder)
    for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(folder, name), bytes)
    symlinkSync('small', join(folder, 'link'))
    const plain = await ran(grid, 'put', folder, 'home:/')
    assert.ok(plain.files.every((file: any) => file.md5 === undefined))
    assert.equal((await ran(grid, 'stat', 'home:/d/large')).md5, undefined)

    const put = await ran(grid, 'put', '--digest', 'md5', folder, 'home:/')
    for (const { path, md5: told, state, newBytes } of put.files) {
      const name = path.slice('/d/'.length) as keyof typeof contents | 'link'
      assert.equal(state, name === 'link' ? 'unchanged' : 'stored')
      assert.equal(newBytes, 0)
      assert.equal(told, name === 'link' ? undefined : md5(contents[name]))
    }
    assert.equal(put.files.length, 5)
    assert.deepEqual(put.shards, { written: 0, wanted: 0 })
    const shown = await ran(grid, 'stat', 'home:/d/large')
    assert.equal(shown.md5, md5(contents.large))
    const { hearing } = await grid.machine.run(['stat', 'home:/d/empty'])
    assert.match(hearing.text, /md5 +d41d8cd98f00b204e9800998ecf8427e/)

    const again = await ran(grid, 'put', '--digest', 'md5', folder, 'home:/')
    assert.ok(again.files.every(({ state }: any) => state === 'unchanged'))
    const { entries } = await ran(grid, 'ls', 'home:/d')
    assert.deepEqual(
      entries.map((entry: any) => entry.md5),
      ['empty', 'large', 'link', 'other', 'small'].map((name) => {
        return name === 'link' ? undefined : md5(contents[name as keyof typeof contents])
      }),
    )
  })
})

test('put --digest md5 takes standard input, and refuses other digests', async () => {
  await withFileGrid({}, async (grid) => {
    const input = contents.large
    const line = ['--json', 'put', '--digest', 'md5', '-', 'home:/in']
    const put = await grid.machine.run(line, { input })
    assert.equal(put.document.files[0].md5, md5(input))
    const refused = await grid.machine.run(['put', '--digest', 'md4', '-', 'home:/in'])
    assert.equal(refused.exit, 2)
    assert.match(refused.hearing.error, /--digest is "md4": must be md5/)
  })
})
