import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { plantedFaults } from './scenario/planted.ts'
import { runSeeds } from './scenario/run-seeds.ts'
import { runCrashWorld } from './store-crash-world.ts'

const seedsToFind = 300

/** Those that are known to be found; OPEN.md names the others. */
const proven: readonly (keyof typeof plantedFaults)[] = [
  'no-sync-before-receipt',
  'commit-before-shards',
]

for (const fault of proven) {
  await test(`the planted fault ${fault} is found within ${seedsToFind} seeds`, async (context) => {
    const seed = await seedThatFinds(fault)
    context.diagnostic(`found by seed ${seed}`)
    assert.notEqual(seed, undefined)
  })
}

/** One store alone shows sooner what takes a crash in the middle of its own writing. */
await test(`an index record before its data is found within ${seedsToFind} seeds`, async () => {
  const primitives = createNativePrimitives()
  const fails = (seed: number): Promise<boolean> =>
    runCrashWorld({ seed, primitives, faults: new Set(['index-first']) }).then(
      () => false,
      () => true,
    )
  let seed = 0
  while (seed < seedsToFind && !(await fails(seed))) seed += 1
  assert.ok(seed < seedsToFind)
})

async function seedThatFinds(fault: string): Promise<number | undefined> {
  let found: number | undefined
  await runSeeds({
    seeds: Array.from({ length: seedsToFind }, (_, at) => at + 1),
    fault,
    done(seed, { failure }) {
      if (failure !== undefined) found = seed
      return found === undefined
    },
  })
  return found
}
