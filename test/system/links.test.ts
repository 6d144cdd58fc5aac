import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sha256Of, writeContent } from './content.ts'
import { errorOf, Grid } from './grid.ts'
import { LinkedGrid } from './linked-grid.ts'
import type { Trouble } from './proxy.ts'
import { Proxy } from './proxy.ts'

const MiB = 2 ** 20
const fileBytes = 40 * MiB

/** Links to spoil, and transfers over them. */
class Linked {
  readonly grid: Grid
  readonly #links: LinkedGrid
  #number = 0

  private constructor(links: LinkedGrid) {
    this.grid = links.grid
    this.#links = links
  }

  static async start(context: TestContext): Promise<Linked> {
    return new Linked(await LinkedGrid.start(context))
  }

  proxy(name: string): Proxy {
    return this.#links.proxy(name)
  }

  trouble(trouble: Trouble, ...names: readonly string[]): void {
    for (const name of names) this.proxy(name).trouble = trouble
  }

  /** Puts a file under the troubles, and resolves to how that ended and how to get it back. */
  async put(
    bytes = fileBytes,
  ): Promise<{ exit: number | null; check: () => Promise<number | null> }> {
    this.#number += 1
    const name = `file ${this.#number}`
    const { folder } = this.grid.scratch
    const sum = writeContent(join(folder, name), name, bytes)
    const { exit, error } = await this.grid.run(['put', join(folder, name), 'home:/'])
    assert.ok(exit === 0 || exit === 7, error)
    const check = async (): Promise<number | null> => {
      const target = join(folder, `target of ${name}`)
      const got = await this.grid.run(['get', `home:/${name}`, target])
      if (got.exit === 0) assert.equal(sha256Of(target), sum, name)
      else assert.ok([3, 7, 8].includes(got.exit!), got.error)
      return got.exit
    }
    return { exit, check }
  }

  /** Puts and gets a file under the troubles; both must go. */
  async works(): Promise<void> {
    const { exit, check } = await this.put()
    assert.equal(exit, 0)
    assert.equal(await check(), 0)
  }
}

it('does without a node whose connections are cut, hang, crawl, or change bits', async (context) => {
  const linked = await Linked.start(context)
  const troubles: Trouble[] = [
    { kind: 'cut', afterBytes: 3 * MiB },
    { kind: 'hang', afterBytes: 2 * MiB },
    { kind: 'delay', delayMs: 100 },
    { kind: 'flip', everyBytes: 300_000 },
  ]
  for (const [at, trouble] of troubles.entries()) {
    const name = `n${at + 1}`
    linked.trouble(trouble, name)
    await linked.works()
    linked.trouble({ kind: 'none' }, name)
    await linked.grid.complete()
  }
})

it('gives right bytes or the right error when all nodes are cut off', async (context) => {
  const linked = await Linked.start(context)
  const before = await linked.put()
  assert.equal(before.exit, 0)
  const nodes = ['n1', 'n2', 'n3', 'n4']
  linked.trouble({ kind: 'cut', afterBytes: 5 * MiB }, ...nodes)
  const cut = await linked.put()
  await before.check()
  linked.trouble({ kind: 'flip', everyBytes: 1_000_000 }, ...nodes)
  const flipped = await linked.put()
  await before.check()
  linked.trouble({ kind: 'cut', afterBytes: 0 }, 'n1', 'n2', 'n3')
  for (const name of nodes) linked.proxy(name).cut()
  const few = await linked.put()
  assert.equal(few.exit, 7)
  assert.equal(await few.check(), 3, 'nothing half visible')
  assert.equal(await before.check(), 7)
  linked.trouble({ kind: 'none' }, ...nodes)
  await linked.grid.complete()
  for (const { exit, check } of [before, cut, flipped])
    assert.equal(await check(), exit === 0 ? 0 : 3)
})

it('repeats what the coordinator did but could not answer', async (context) => {
  const { grid, proxy } = await withCoordinatorProxy(context)
  const source = join(grid.scratch.folder, 'source')
  const sum = writeContent(source, 'source', 9 * MiB)
  for (const every of [2, 3, 4]) {
    proxy.trouble = { kind: 'lose', every }
    const vault = `vault${every}`
    await grid.must('vault', 'create', vault)
    await grid.must('put', source, `${vault}:/a`)
    await grid.must('put', source, `${vault}:/b`)
    await grid.must('rm', `${vault}:/b`)
    const target = join(grid.scratch.folder, `target ${every}`)
    await grid.must('get', `${vault}:/a`, target)
    assert.equal(sha256Of(target), sum)
    proxy.trouble = { kind: 'none' }
    const { entries } = await grid.must<{ entries: { path: string }[] }>('ls', `${vault}:/`)
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['/a'],
    )
  }
})

it('waits for a coordinator that hangs, and says so when it is gone', async (context) => {
  const { grid, proxy } = await withCoordinatorProxy(context)
  const source = join(grid.scratch.folder, 'source')
  const sum = writeContent(source, 'source', 20 * MiB)
  proxy.trouble = { kind: 'hang', afterBytes: 2000 }
  const putting = grid.scratch.start(['put', source, 'home:/'])
  while (proxy.bytes < 2000 && !putting.hasEnded) await wait(10)
  await wait(1000)
  assert.equal(putting.hasEnded, false)
  proxy.trouble = { kind: 'none' }
  const put = await putting.finished
  assert.equal(put.exit, 0, put.error)
  const target = join(grid.scratch.folder, 'target')
  await grid.must('get', 'home:/source', target)
  assert.equal(sha256Of(target), sum)

  await grid.kill('coordinator')
  for (const line of [['put', source, 'home:/again'], ['ls'], ['cat', 'home:/source']]) {
    const failed = await grid.run(line)
    assert.equal(failed.exit, 7, line.join(' '))
    assert.match(
      errorOf(failed).code,
      /^(COORDINATOR_UNREACHABLE|CONNECTION_LOST)$/,
      line.join(' '),
    )
  }
  const down = await grid.run(['status'])
  assert.equal(down.exit, 7)
  assert.match(down.out, /"coordinator":\{"address":"[^"]+","state":"down"\}/)
  await grid.start('coordinator')
  await grid.complete()
})

/** A grid whose clients reach the coordinator through a proxy. */
async function withCoordinatorProxy(context: TestContext): Promise<{ grid: Grid; proxy: Proxy }> {
  const proxy = await Proxy.listen(context)
  const announced = (program: string, address: string): string => {
    if (program !== 'coordinator') return address
    proxy.target = address
    return proxy.address
  }
  return { grid: await Grid.start(context, { announced }), proxy }
}
