import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { root, Scratch } from './programs.ts'

const run = promisify(execFile)

/** A checkout with the packages of this one, in which nothing is built. */
function checkout(scratch: Scratch): string {
  const copy = join(scratch.folder, 'checkout')
  for (const name of ['bin', 'src', 'scripts', 'holdfast', 'package.json', 'package-lock.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true, preserveTimestamps: true })
  }
  const modules = join(copy, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '.cache') symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  return copy
}

it('builds what it runs when a source is newer, also when many start at once', async (context) => {
  const copy = checkout(new Scratch(context))
  const holdfast = join(copy, 'holdfast')
  const builds = (): string[] =>
    readdirSync(join(copy, 'dist')).filter((name) => name.startsWith('build-'))
  const versions = async (): Promise<string[]> => {
    const all = await Promise.all([1, 2, 3].map(() => run(holdfast, ['--version'])))
    return all.map(({ stdout, stderr }) => stdout + stderr)
  }
  const { version } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as {
    version: string
  }
  assert.deepEqual(await versions(), Array(3).fill(`${version}\n`))
  const made = builds().length
  assert.equal(made, 1)
  await versions()
  assert.equal(builds().length, made)

  const manifest = join(copy, 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(version, '99.9.9'))
  assert.deepEqual(await versions(), Array(3).fill('99.9.9\n'))
  assert.equal(builds().length, 2)

  const program = join(copy, 'dist/current/holdfast.js')
  truncateSync(program)
  writeFileSync(join(copy, 'src/broken.ts'), '')
  assert.deepEqual(await versions(), Array(3).fill('99.9.9\n'))
  assert.ok(statSync(program).size > 0)
})
