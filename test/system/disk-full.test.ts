import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { sha256Of, writeContent } from './content.ts'
import { errorOf, Grid } from './grid.ts'
import type { Status } from './grid.ts'
import { Namespace } from './namespace.ts'

const MiB = 2 ** 20
const fileBytes = 8 * MiB

/** A grid of four of which `n1`, or more, keep everything on small disks of their own. */
class SmallDiskGrid {
  readonly grid: Grid
  readonly #namespace: Namespace
  readonly #folder: string
  readonly #sums = new Map<string, string>()

  private constructor(grid: Grid, namespace: Namespace, folder: string) {
    this.grid = grid
    this.#namespace = namespace
    this.#folder = folder
  }

  static async start(
    context: TestContext,
    size: string,
    small: readonly string[] = ['n1'],
  ): Promise<SmallDiskGrid> {
    const namespace = await Namespace.make(context)
    const folders = new Map<string, string>()
    for (const name of small) {
      const folder = mkdtempSync(join(tmpdir(), 'holdfast-small-disk-'))
      context.after(() => rmSync(folder, { recursive: true, force: true }))
      namespace.do('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', folder)
      folders.set(name, folder)
    }
    const grid = await Grid.start(context, {
      toml: {
        coordinator: 'repairGrace = "1s"\ncollectGrace = "1s"\ntrash = "1s"',
        node: 'reserve = "32MiB"',
      },
      folderOf: (program) => folders.get(program),
      // Only the mounts are of interest: the network stays that of the machine.
      within: (program) =>
        folders.has(program) ? namespace.within.filter((word) => word !== '--net') : [],
    })
    return new SmallDiskGrid(grid, namespace, folders.get('n1')!)
  }

  remount(options: string): void {
    // With its source, or mount would add the options it has, of which a user namespace may not set all.
    this.#namespace.do('mount', '-o', `remount,${options}`, 'none', this.#folder)
  }

  /** Takes the disk away while programs have files open on it. */
  pull(): void {
    this.#namespace.do('umount', '--lazy', this.#folder)
  }

  async put(...names: readonly string[]): Promise<void> {
    const source = join(this.grid.scratch.folder, 'source')
    mkdirSync(source, { recursive: true })
    for (const name of names) {
      this.#sums.set(name, writeContent(join(source, name), name, fileBytes))
    }
    await this.grid.must('put', ...names.map((name) => join(source, name)), 'home:/')
  }

  async remove(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#sums.delete(name)
    await this.grid.must('rm', '--now', ...names.map((name) => `home:/${name}`))
  }

  async check(): Promise<void> {
    const target = join(this.grid.scratch.folder, 'target')
    rmSync(target, { recursive: true, force: true })
    const names = [...this.#sums.keys()].map((name) => `home:/${name}`)
    await this.grid.must('get', ...names, `${target}/`)
    for (const [name, sum] of this.#sums) assert.equal(sha256Of(join(target, name)), sum, name)
  }

  async storeIs(state: string): Promise<Status> {
    return await this.grid.until(`n1 ${state}`, ({ nodes }) => nodes[0]!.store === state)
  }
}

function namesOf(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${letter}${at}`)
}

it('goes on beside a node whose disk is full, until there is room again', async (context) => {
  const small = await SmallDiskGrid.start(context, '76m')
  const { grid } = small
  await small.put('a0')
  await grid.complete()
  await small.put(...namesOf('a', 14).slice(1))
  const full = await small.storeIs('read-only')
  assert.equal(full.nodes[0]!.state, 'up')
  assert.ok(full.nodes[0]!.freeBytes! < fileBytes / 2)
  assert.ok(full.vaults[0]!.degraded > 0, 'what it could not take is degraded')
  assert.ok(full.vaults[0]!.complete > 0)
  const shown = await grid.scratch.run(['status'])
  assert.match(shown.out, /node n1 .* up, read-only /)
  await small.check()
  await grid.kill('n2', 'n3')
  await grid.areDown('n2', 'n3')
  const first = join(grid.scratch.folder, 'first')
  await grid.must('get', 'home:/a0', first)
  assert.equal(sha256Of(first), writeContent(first, 'a0', fileBytes), 'the full node reads')
  await grid.start('n2')
  await grid.start('n3')

  small.remount('size=256m')
  await small.storeIs('serving')
  await grid.complete()
  await small.put('b0')
  await grid.complete()
  await small.check()
})

it('says that disks are full when too few nodes take more', async (context) => {
  const small = await SmallDiskGrid.start(context, '56m', ['n1', 'n2'])
  const { grid } = small
  await small.put('a0')
  const source = join(grid.scratch.folder, 'large')
  const sum = writeContent(source, 'large', 10 * fileBytes)
  const refused = await grid.run(['put', source, 'home:/'])
  assert.equal(refused.exit, 9, refused.error)
  assert.equal(errorOf(refused).code, 'NO_SPACE')
  assert.equal((await grid.run(['stat', 'home:/large'])).exit, 3)
  await small.check()
  await grid.must('put', source, '--min-shards', '2', 'home:/')
  await small.check()
  const target = join(grid.scratch.folder, 'target of large')
  await grid.must('get', 'home:/large', target)
  assert.equal(sha256Of(target), sum)
})

it('has room again when enough was removed', async (context) => {
  const small = await SmallDiskGrid.start(context, '76m')
  await small.put(...namesOf('a', 12))
  await small.storeIs('read-only')
  await small.remove(...namesOf('a', 11))
  await small.storeIs('serving')
  await small.put('b0', 'b1')
  await small.grid.complete()
  await small.check()
})

it('reads from a disk that became read-only, and does without one that vanished', async (context) => {
  const small = await SmallDiskGrid.start(context, '160m')
  const { grid } = small
  await small.put('a0', 'a1')
  await grid.complete()
  await grid.kill('n1')
  small.remount('ro')
  await grid.start('n1')
  await small.storeIs('read-only')
  await small.put('b0')
  await grid.kill('n2', 'n3')
  await grid.areDown('n2', 'n3')
  const first = join(grid.scratch.folder, 'first')
  await grid.must('get', 'home:/a0', first)
  assert.equal(sha256Of(first), writeContent(first, 'a0', fileBytes), 'the read-only node reads')
  await grid.start('n2')
  await grid.start('n3')
  await grid.stop('n1')
  small.remount('rw')
  await grid.start('n1')
  await grid.complete()

  small.pull()
  const gone = await small.storeIs('disk-gone')
  assert.equal(gone.nodes[0]!.state, 'up')
  await small.put('c0')
  await small.check()
})

it('notices that the folder of a node was moved away, and heals what comes back', async (context) => {
  const grid = await Grid.start(context, { toml: { coordinator: 'repairGrace = "1s"' } })
  const source = join(grid.scratch.folder, 'source')
  writeContent(source, 'a', fileBytes)
  await grid.must('put', source, 'home:/a')
  renameSync(grid.storeOf('n3'), `${grid.storeOf('n3')} elsewhere`)
  await grid.until('n3 without disk', ({ nodes }) => nodes[2]!.store === 'disk-gone')
  const sum = writeContent(source, 'b', fileBytes)
  await grid.must('put', source, 'home:/b')
  await grid.stop('n3')
  renameSync(`${grid.storeOf('n3')} elsewhere`, grid.storeOf('n3'))
  await grid.start('n3')
  await grid.complete()
  await grid.kill('n1', 'n2')
  const target = join(grid.scratch.folder, 'target')
  await grid.must('get', 'home:/b', target)
  assert.equal(sha256Of(target), sum)
})
