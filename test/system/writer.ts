/**
 * A client that puts, overwrites, reads and removes files in a folder of its own, one command after the other,
 * and knows what must be there: of each file the contents that it may have now. What was acknowledged has
 * one; what was under way when something died may have the old or the new one, but never anything else.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Dice, sha256Of, writeContent } from './content.ts'
import type { Grid } from './grid.ts'
import type { Finished, RunningProgram } from './programs.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const KiB = 1024
const sizes = [0, 1, 100, 60 * KiB, 300 * KiB, 3 * KiB * KiB, 9 * KiB * KiB]
const absent = 'absent'

interface FileLine {
  readonly path: string
  readonly state?: string
  readonly sha256?: string
  readonly error?: object
}

export class Writer {
  readonly counts = { put: 0, get: 0, rm: 0, unacknowledged: 0 }
  readonly #grid: Grid
  readonly #name: string
  readonly #dice: Dice
  /** SHA-256 of the contents that a file may have, by name. */
  readonly #may = new Map<string, Set<string>>()
  #number = 0
  #running: RunningProgram | undefined

  constructor(grid: Grid, { name, seed }: { readonly name: string; readonly seed: number }) {
    this.#grid = grid
    this.#name = name
    this.#dice = new Dice(seed)
  }

  /** Ends the command that runs now, if one does. */
  kill(): void {
    this.#running?.process.kill('SIGKILL')
  }

  /** Takes turns with others at what is left to do; in the end one less is working. */
  async work(load: { left: number; working: number }): Promise<void> {
    try {
      for (; load.left > 0; load.left -= 1) await this.#operation()
    } finally {
      load.working -= 1
    }
  }

  async #operation(): Promise<void> {
    const kind = this.#dice.among(['put', 'put', 'put', 'get', 'rm'] as const)
    this.counts[kind] += 1
    if (kind === 'put') await this.#put()
    else if (kind === 'get') await this.#get()
    else await this.#remove()
  }

  /** Everything that must be there is, byte for byte, and nothing else. */
  async check(): Promise<void> {
    const target = this.#folder('check')
    const got = await this.#run('get', `home:/${this.#name}/`, target)
    const isEmpty = [...this.#may.values()].every((may) => may.has(absent))
    if (got.exit === 3 && isEmpty) return
    assert.equal(got.exit, 0, `${this.#name}: ${got.error}${got.out}`)
    const folder = join(target, this.#name)
    const there = new Map(readdirSync(folder).map((name) => [name, sha256Of(join(folder, name))]))
    for (const name of there.keys()) assert.ok(this.#may.has(name), `${name} was never put`)
    for (const [name, may] of this.#may) {
      const found = there.get(name) ?? absent
      assert.ok(may.has(found), `${this.#name}/${name} has ${found}, not ${[...may].join(' or ')}`)
      this.#may.set(name, new Set([found]))
    }
  }

  async #put(): Promise<void> {
    const folder = this.#folder('source')
    const count = this.#dice.among([1, 1, 2, 6])
    const sums = new Map<string, string>()
    while (sums.size < count) {
      this.#number += 1
      const name = this.#dice.among(names)
      const content = `${this.#name} ${this.#number}`
      sums.set(name, writeContent(join(folder, name), content, this.#dice.among(sizes)))
    }
    for (const [name, sum] of sums) this.#might(name, sum)
    const few = this.#dice.below(2) === 0 ? ['--min-shards', '2'] : []
    const sources = [...sums.keys()].map((name) => join(folder, name))
    const put = await this.#run('put', ...few, ...sources, `home:/${this.#name}/`)
    for (const { path, state, sha256 } of filesOf(put)) {
      const name = path.split('/').at(-1)!
      const sum = sums.get(name)!
      if (state !== 'stored' && state !== 'unchanged') continue
      assert.equal(sha256, sum, path)
      this.#may.set(name, new Set([sum]))
    }
  }

  async #get(): Promise<void> {
    const target = this.#folder('target')
    const name = this.#dice.among(names)
    const got = await this.#run('get', `home:/${this.#name}/${name}`, `${target}/`)
    const may = this.#may.get(name) ?? new Set([absent])
    const found = readdirSync(target)
    if (got.exit === 0) {
      assert.deepEqual(found, [name])
      assert.ok(may.has(sha256Of(join(target, name))), `${this.#name}/${name} is something else`)
    } else if (got.exit === 3) {
      assert.ok(may.has(absent), `${this.#name}/${name} was there: ${got.error}`)
    } else {
      assert.ok(!found.includes(name), 'nothing under its final name')
    }
  }

  async #remove(): Promise<void> {
    const name = this.#dice.among(names)
    const may = this.#may.get(name) ?? new Set([absent])
    this.#might(name, absent)
    const removed = await this.#run('rm', `home:/${this.#name}/${name}`)
    if (removed.exit === 3) assert.ok(may.has(absent), `${name} was there: ${removed.error}`)
    if (removed.exit === 0 || removed.exit === 3) this.#may.set(name, new Set([absent]))
  }

  #might(name: string, content: string): void {
    const may = this.#may.get(name) ?? new Set([absent])
    this.#may.set(name, may.add(content))
  }

  async #run(...line: string[]): Promise<Finished> {
    const { scratch } = this.#grid
    this.#running = scratch.start([...line, '--json'])
    const finished = await this.#running.finished
    this.#running = undefined
    const { exit, error, out } = finished
    if (exit !== 0 && exit !== 3) this.counts.unacknowledged += 1
    const isKilledOrUnavailable = exit === null || exit === 0 || exit === 3 || exit === 7
    assert.ok(
      isKilledOrUnavailable,
      `${this.#name}: ${line.join(' ')} ended with ${exit}: ${error}${out}`,
    )
    return finished
  }

  /** An empty folder of this writer. */
  #folder(use: string): string {
    const folder = join(this.#grid.scratch.folder, `${this.#name} ${use}`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    return folder
  }
}

function filesOf({ exit, out }: Finished): readonly FileLine[] {
  if (exit === null || out === '') return []
  return (JSON.parse(out) as { files: readonly FileLine[] }).files
}
