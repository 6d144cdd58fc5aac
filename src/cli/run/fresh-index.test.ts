import assert from 'node:assert/strict'
import { it } from 'node:test'
import { systemClock } from '../../base/adapters/system-clock.ts'
import { HoldfastError } from '../../base/errors.ts'
import { Hearing } from '../../testing/files/hearing.ts'
import type { Context } from '../main.ts'
import { Output } from '../output.ts'
import { withFreshIndex } from './fresh-index.ts'

const dropped = new HoldfastError('CORRUPT', 'damaged', { details: { dropped: true } })
const other = new HoldfastError('CORRUPT', 'a shard is wrong')

async function tried(failures: readonly Error[], options: { readonly gives?: boolean } = {}) {
  const hearing = new Hearing()
  const quiet = { json: false, quiet: true, progress: false, dataOnStandardOutput: true }
  const output = new Output(hearing.terminal, { ...quiet, clock: systemClock })
  let tries = 0
  const run = withFreshIndex(async () => {
    if (options.gives) await output.data(Uint8Array.of(1))
    const failure = failures[tries]
    tries += 1
    if (failure) throw failure
    return { lines: [], exit: 0 }
  })
  const end = await run({ output } as Context).catch((error: unknown) => error)
  return { tries, end, said: hearing.error }
}

it('runs a command that met a damaged index once more, and says so', async () => {
  const { tries, end, said } = await tried([dropped])
  assert.deepEqual([tries, end], [2, { lines: [], exit: 0 }])
  assert.match(said, /^warning: the index of a vault was damaged/)
})

it('runs it no third time, after no other failure, and never after it gave data out', async () => {
  const twice = await tried([dropped, dropped])
  assert.deepEqual([twice.tries, twice.end], [2, dropped])
  const shard = await tried([other])
  assert.deepEqual([shard.tries, shard.end, shard.said], [1, other, ''])
  const given = await tried([dropped], { gives: true })
  assert.deepEqual([given.tries, given.end], [1, dropped])
})
