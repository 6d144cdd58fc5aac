import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { runSeeds } from './scenario/run-seeds.ts'
import type { ScenarioResult } from './scenario/scenario.ts'
import { runWorlds } from './worlds.ts'
import type { SeedReport } from './worlds.ts'

const fault = 'commit-before-shards'
const program = join(import.meta.dirname, 'main.ts')

const found = await firstFailing()

await test('a failing seed fails in the same way alone, in another process', async () => {
  const again = await alone(found.seed)
  assert.equal(again.traceHash, found.traceHash)
  assert.equal(again.step, found.step)
  assert.deepEqual(again.traceTail, found.traceTail)
  assert.deepEqual(again.counts, found.counts)
})

await test('the program says which seed fails, how to replay it, and ends with 1', async () => {
  const { seed } = found
  const words = ['--seed', String(seed), '--fault', fault]
  const told = await run([...words, '--trace'])
  assert.equal(told.code, 1)
  assert.match(told.stdout, new RegExp(`Replay it with: npm run sim -- --seed ${seed} --fault`))
  const { code, stdout } = await run([...words, '--json'])
  assert.equal(code, 1)
  assert.equal((JSON.parse(stdout) as { failures: SeedReport[] }).failures[0]?.seed, seed)
})

async function firstFailing(): Promise<SeedReport> {
  const { failures } = await runWorlds({ first: 1, count: 300, processes: 1, fault })
  assert.ok(failures[0])
  return failures[0]
}

async function alone(seed: number): Promise<ScenarioResult> {
  const results: ScenarioResult[] = []
  await runSeeds({ seeds: [seed], fault, done: (_seed, result) => results.push(result) > 0 })
  return results[0]!
}

async function run(words: readonly string[]): Promise<{ code: number; stdout: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words])
    return { code: 0, stdout }
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    return { code, stdout }
  }
}
