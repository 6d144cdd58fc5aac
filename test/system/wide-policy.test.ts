import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { sha256Of, writeContent } from './content.ts'
import { errorOf, Grid } from './grid.ts'

const MiB = 2 ** 20

interface Placed {
  readonly packs: readonly {
    readonly k: number
    readonly m: number
    readonly shards: readonly { readonly node: string }[]
  }[]
}

it('keeps files at 16+4 on 20 nodes, and reads them with any four gone', async (context) => {
  const grid = await Grid.start(context, {
    nodes: 20,
    toml: { coordinator: 'repairGrace = "1s"' },
  })
  await grid.must('vault', 'create', 'wide', '--policy', '16+4')
  const source = join(grid.scratch.folder, 'source')
  const sum = writeContent(source, 'source', 40 * MiB)
  await grid.must('put', source, 'wide:/')
  await grid.complete()
  const { packs } = await grid.must<Placed>('stat', 'wide:/source', '--placement')
  for (const { k, m, shards } of packs) {
    assert.deepEqual([k, m], [16, 4])
    assert.equal(new Set(shards.map(({ node }) => node)).size, 20)
  }
  const gone = ['n2', 'n7', 'n11', 'n20']
  await grid.kill(...gone)
  await grid.areDown(...gone)
  const target = join(grid.scratch.folder, 'target')
  await grid.must('get', 'wide:/source', target)
  assert.equal(sha256Of(target), sum)
  const more = join(grid.scratch.folder, 'more')
  const moreSum = writeContent(more, 'more', 5 * MiB)
  const refused = await grid.run(['put', more, 'wide:/'])
  assert.equal(refused.exit, 7)
  assert.match(errorOf(refused).hint, /--min-shards 16/)
  await grid.must('put', more, '--min-shards', '16', 'wide:/')
  for (const name of gone) await grid.start(name)
  await grid.complete()
  await grid.kill('n1', 'n3', 'n4', 'n5')
  await grid.must('get', 'wide:/more', target)
  assert.equal(sha256Of(target), moreSum)
})
