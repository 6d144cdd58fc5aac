import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const program = join(import.meta.dirname, '../../../bin/holdfast.ts')

test('standard output without space is told in one sentence, with exit 9', () => {
  if (!existsSync('/dev/full')) return
  for (const line of [
    ['version'],
    ['--help'],
    ['config', 'show', '--home', '/nowhere', '--json'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [program, ...line], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      encoding: 'utf8',
    })
    assert.equal(status, 9, stderr)
    assert.match(stderr, /Cannot write to standard output: no space/)
    assert.doesNotMatch(stderr, /defect|at .*\.ts/)
  }
})

test('a reader that goes away is no failure', () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" "${program}" --help | true; exit 0`],
    { encoding: 'utf8' },
  )
  assert.deepEqual([status, stderr], [0, ''])
})
