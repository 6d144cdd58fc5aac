import assert from 'node:assert/strict'
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { TestContext } from 'node:test'
import { Dice, sha256Of, writeContent } from './content.ts'
import { Grid } from './grid.ts'

const KiB = 1024
const MiB = 2 ** 20
const sizes = [10, 90 * KiB, 2 * MiB, 9 * MiB]

/** A grid with files whose checksums are known. */
class Stored {
  readonly grid: Grid
  readonly #sums = new Map<string, string>()

  private constructor(grid: Grid) {
    this.grid = grid
  }

  static async start(context: TestContext, ...letters: readonly string[]): Promise<Stored> {
    const toml = { coordinator: 'repairGrace = "1s"\ncollectGrace = "1s"' }
    const stored = new Stored(await Grid.start(context, { toml }))
    for (const letter of letters) await stored.put(letter)
    await stored.grid.complete()
    return stored
  }

  async put(letter: string): Promise<void> {
    const source = join(this.grid.scratch.folder, 'source')
    rmSync(source, { recursive: true, force: true })
    mkdirSync(source)
    for (const bytes of sizes) {
      const name = `${letter}${bytes}`
      this.#sums.set(name, writeContent(join(source, name), name, bytes))
    }
    await this.grid.must('put', source, 'home:/')
  }

  /** Every file is as it was put. */
  async check(): Promise<void> {
    const target = join(this.grid.scratch.folder, 'target')
    rmSync(target, { recursive: true, force: true })
    await this.grid.must('get', 'home:/source', target)
    assert.deepEqual(readdirSync(target).toSorted(), [...this.#sums.keys()].toSorted())
    for (const [name, sum] of this.#sums) assert.equal(sha256Of(join(target, name)), sum, name)
  }

  /** Every file is as it was put, also without these nodes; then they are back. */
  async checkWithout(...names: readonly string[]): Promise<void> {
    await this.grid.kill(...names)
    await this.check()
    for (const name of names) await this.grid.start(name)
  }
}

function segmentsOf(grid: Grid, name: string): string[] {
  const folder = join(grid.storeOf(name), 'segments')
  return readdirSync(folder)
    .toSorted()
    .map((file) => join(folder, file))
}

/** Changes a byte in each `every` bytes that were written. */
function flip(path: string, { every, dice }: { every: number; dice: Dice }): number {
  const file = openSync(path, 'r+')
  const end = statSync(path).size
  const byte = new Uint8Array(1)
  let flips = 0
  for (let at = 0; at + every <= end; at += every) {
    const place = at + dice.below(every)
    readSync(file, byte, 0, 1, place)
    if (byte[0] === 0) continue
    byte[0]! ^= 1 << dice.below(8)
    writeSync(file, byte, 0, 1, place)
    flips += 1
  }
  closeSync(file)
  return flips
}

it('gives right bytes although two nodes hold wrong ones', async (context) => {
  const stored = await Stored.start(context, 'a', 'b')
  const { grid } = stored
  const dice = new Dice(7)
  let flips = 0
  for (const segment of segmentsOf(grid, 'n1')) flips += flip(segment, { every: 8 * KiB, dice })
  await stored.check()
  await grid.kill('n2')
  for (const segment of segmentsOf(grid, 'n2')) flips += flip(segment, { every: 8 * KiB, dice })
  await grid.start('n2')
  await stored.check()
  assert.ok(flips > 1000, `${flips} bytes were changed`)
  await stored.put('c')
  await stored.check()
})

it('builds index and superblock anew, and heals what a torn tail lost', async (context) => {
  const stored = await Stored.start(context, 'a', 'b')
  const { grid } = stored
  await grid.stop('n1')
  rmSync(join(grid.storeOf('n1'), 'index'))
  await grid.start('n1')
  await grid.stop('n2')
  flip(join(grid.storeOf('n2'), 'index'), { every: 64, dice: new Dice(1) })
  await grid.start('n2')
  await grid.stop('n3')
  rmSync(join(grid.storeOf('n3'), 'store'))
  await grid.start('n3')
  await grid.kill('n4')
  writeFileSync(join(grid.storeOf('n4'), 'index.new'), 'half')
  await grid.start('n4')
  await grid.complete()
  await stored.checkWithout('n3', 'n4')
  await grid.complete()
  await stored.checkWithout('n1', 'n2')

  await stored.put('c')
  await grid.complete()
  await grid.kill('n1')
  const torn = segmentsOf(grid, 'n1').findLast((path) => usedEnd(path) > 4096)!
  truncateSync(torn, usedEnd(torn) - 1 * MiB)
  await grid.start('n1')
  await grid.complete()
  await stored.checkWithout('n2', 'n3')
})

/** Where the last byte that is not zero ends. */
function usedEnd(path: string): number {
  const file = openSync(path, 'r')
  const block = Buffer.alloc(MiB)
  try {
    for (let at = statSync(path).size; at > 0; at -= block.length) {
      const begin = Math.max(0, at - block.length)
      const length = readSync(file, block, 0, at - begin, begin)
      const last = block.subarray(0, length).findLastIndex((byte) => byte !== 0)
      if (last >= 0) return begin + last + 1
    }
    return 0
  } finally {
    closeSync(file)
  }
}

it('heals a node whose disk was emptied', async (context) => {
  const stored = await Stored.start(context, 'a')
  const { grid } = stored
  await grid.kill('n3')
  rmSync(grid.storeOf('n3'), { recursive: true })
  await stored.put('b')
  await grid.start('n3')
  await grid.complete()
  await stored.checkWithout('n1', 'n4')
})

it('notices an old copy of a disk, and heals it', async (context) => {
  const stored = await Stored.start(context, 'a')
  const { grid } = stored
  const copy = join(grid.scratch.folder, 'old copy')
  await grid.stop('n2')
  cpSync(grid.storeOf('n2'), copy, { recursive: true })
  await grid.start('n2')
  await grid.allUp()
  await stored.put('b')
  await grid.must('rm', '--now', 'home:/source/a10')
  await grid.must('put', writeSmall(grid), 'home:/source/a10')
  await grid.complete()
  await grid.kill('n2')
  rmSync(grid.storeOf('n2'), { recursive: true })
  cpSync(copy, grid.storeOf('n2'), { recursive: true })
  await grid.start('n2')
  await grid.complete()
  await stored.checkWithout('n1', 'n4')
})

/** The content of `a10` once more. */
function writeSmall(grid: Grid): string {
  const path = join(grid.scratch.folder, 'small')
  writeContent(path, 'a10', 10)
  return path
}
