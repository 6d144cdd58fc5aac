import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sha256Of, writeContent } from './content.ts'
import { errorOf, Grid } from './grid.ts'

const MiB = 2 ** 20
const soon = { coordinator: 'repairGrace = "1s"' }

interface Files {
  readonly ok: boolean
  readonly files: readonly { readonly path: string; readonly state: string }[]
}

interface Entries {
  readonly entries: readonly {
    readonly path: string
    readonly type: string
    readonly health?: string
    readonly packs?: readonly {
      readonly shards: readonly { readonly node: string; readonly state: string }[]
    }[]
  }[]
}

/** A folder of files of several sizes, and their checksums by name. */
function writeSources(folder: string): Map<string, string> {
  mkdirSync(folder)
  const sizes = { empty: 0, tiny: 5, small: 70_000, middle: 3 * MiB, large: 24 * MiB }
  return new Map(
    Object.entries(sizes).map(([name, bytes]) => [
      name,
      writeContent(join(folder, name), name, bytes),
    ]),
  )
}

async function compare(grid: Grid, sums: ReadonlyMap<string, string>, to: string): Promise<void> {
  const target = join(grid.scratch.folder, to)
  await grid.must<Files>('get', 'home:/source', target)
  assert.deepEqual(readdirSync(target).toSorted(), [...sums.keys()].toSorted())
  for (const [name, sum] of sums) assert.equal(sha256Of(join(target, name)), sum, name)
}

it('reads everything with two of four nodes gone, and heals', async (context) => {
  const grid = await Grid.start(context, { toml: soon })
  const source = join(grid.scratch.folder, 'source')
  const sums = writeSources(source)
  await grid.must<Files>('put', source, 'home:/')
  await grid.complete()
  await grid.kill('n2', 'n4')
  const down = await grid.areDown('n2', 'n4')
  const [{ complete, degraded, unknown }] = down.vaults as [(typeof down.vaults)[0]]
  assert.deepEqual([complete, degraded + unknown], [1, 4], 'only the empty file needs no node')
  await compare(grid, sums, 'two gone')
  const { entries } = await grid.must<Entries>('ls', '-r', 'home:/')
  const files = entries.filter(({ path, type }) => type === 'file' && path !== '/source/empty')
  assert.ok(files.every(({ health }) => health === 'unknown' || health === 'degraded'))
  const shown = await grid.must<Entries['entries'][0]>('stat', 'home:/source/large', '--placement')
  const there = shown.packs!.flatMap(({ shards }) =>
    shards.filter(({ state }) => state === 'durable').map(({ node }) => node),
  )
  assert.ok(there.every((node) => node === 'n1' || node === 'n3'))

  const late = join(grid.scratch.folder, 'late')
  const lateSum = writeContent(late, 'late', 5 * MiB)
  const refused = await grid.run(['put', late, 'home:/source/'])
  assert.equal(refused.exit, 7, refused.error)
  const { code, message, hint } = errorOf(refused)
  assert.equal(code, 'TOO_FEW_NODES')
  assert.match(message, /n2.*n4/)
  assert.match(hint, /--min-shards 2/)
  assert.equal((await grid.run(['stat', 'home:/source/late'])).exit, 3)
  await grid.must<Files>('put', '--min-shards', '2', late, 'home:/source/')
  sums.set('late', lateSum)
  await compare(grid, sums, 'two gone again')

  await grid.start('n2')
  await grid.start('n4')
  await grid.complete()
  await grid.kill('n1', 'n3')
  await grid.areDown('n1', 'n3')
  await compare(grid, sums, 'the other two gone')
})

it('names what is missing when three of four nodes are gone', async (context) => {
  const grid = await Grid.start(context, { toml: soon })
  const source = join(grid.scratch.folder, 'source')
  const sums = writeSources(source)
  await grid.must<Files>('put', source, 'home:/')
  await grid.kill('n1', 'n2', 'n3')
  await grid.areDown('n1', 'n2', 'n3')
  const target = join(grid.scratch.folder, 'target')
  const failed = await grid.run(['get', 'home:/source', target])
  assert.equal(failed.exit, 7, failed.error)
  const { ok, files } = JSON.parse(failed.out) as Files
  assert.equal(ok, false)
  assert.equal(files.find(({ path }) => path === '/source/large')!.state, 'failed')
  const whole = readdirSync(target)
  assert.ok(!whole.includes('large') && !whole.includes('middle'))
  for (const name of whole) assert.equal(sha256Of(join(target, name)), sums.get(name), name)
  const shown = await grid.run(['cat', 'home:/source/large'])
  assert.equal(shown.exit, 7)
  assert.match(errorOf(shown).message, /n1.*n2.*n3|n[123]/)
  const late = join(grid.scratch.folder, 'late')
  writeContent(late, 'late', 5 * MiB)
  const refused = await grid.run(['put', '--min-shards', '2', late, 'home:/new'])
  assert.equal(refused.exit, 7, refused.error)
  assert.match(errorOf(refused).message, /n1.*n2.*n3/)
  assert.equal((await grid.run(['stat', 'home:/new'])).exit, 3)
  for (const name of ['n1', 'n2', 'n3']) await grid.start(name)
  await grid.complete()
  await compare(grid, sums, 'back')
})

it('goes on when two nodes die in the middle of a get and of a put', async (context) => {
  const grid = await Grid.start(context, { toml: soon })
  const { folder } = grid.scratch
  const sum = writeContent(join(folder, 'big'), 'big', 300 * MiB)
  await grid.must<Files>('put', join(folder, 'big'), 'home:/')
  await grid.complete()
  const target = join(folder, 'target')
  const getting = grid.scratch.start(['get', 'home:/big', target])
  const partBytes = (): number =>
    readdirSync(folder)
      .filter((name) => name !== 'big' && name.includes('target'))
      .reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0)
  while (partBytes() < 20 * MiB && !getting.hasEnded) await wait(1)
  await grid.kill('n1', 'n3')
  const got = await getting.finished
  assert.equal(got.exit, 0, got.error)
  assert.equal(sha256Of(target), sum)
  await grid.start('n1')
  await grid.start('n3')
  await grid.complete()

  const bigger = writeContent(join(folder, 'bigger'), 'bigger', 300 * MiB)
  const before = await storedBytes(grid)
  const putting = grid.run(['put', join(folder, 'bigger'), 'home:/'])
  await grid.until('under way', ({ nodes }) => sumOf(nodes) > before + 20 * MiB)
  await grid.kill('n2', 'n4')
  const put = await putting
  if (put.exit !== 0) {
    assert.equal(put.exit, 7, put.error)
    assert.equal(errorOf(put).code, 'TOO_FEW_NODES', put.error)
    assert.equal((await grid.run(['stat', 'home:/bigger'])).exit, 3)
  }
  await grid.start('n2')
  await grid.start('n4')
  await grid.must<Files>('put', join(folder, 'bigger'), 'home:/')
  await grid.complete()
  await grid.must<Files>('get', 'home:/bigger', join(folder, 'again'))
  assert.equal(sha256Of(join(folder, 'again')), bigger)
  assert.equal(existsSync(target), true)
})

async function storedBytes(grid: Grid): Promise<number> {
  return sumOf((await grid.status()).nodes)
}

function sumOf(nodes: readonly { readonly usedBytes?: number }[]): number {
  return nodes.reduce((bytes, { usedBytes = 0 }) => bytes + usedBytes, 0)
}
