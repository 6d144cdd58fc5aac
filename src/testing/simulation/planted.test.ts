import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'
import type { StoreFaults } from '../../blocks/store-faults.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { plantedFaults } from './scenario/planted.ts'
import { runCrashWorld } from './store-crash-world.ts'
import { runWorlds } from './worlds.ts'
import type { SeedReport } from './worlds.ts'

const seedsToFind = 300

await describe('planted faults', { concurrency: availableParallelism() }, async () => {
  for (const fault of Object.keys(plantedFaults)) {
    test(`${fault} is found within ${seedsToFind} seeds`, async (context) => {
      const found = await firstToBlame(fault)
      assert.ok(found, 'some seed finds it')
      context.diagnostic(`found by seed ${found.seed}: ${found.failure}`)
    })
  }
})

/** The first world that fails with the fault and holds without: of another failure it would show nothing. */
async function firstToBlame(fault: string): Promise<SeedReport | undefined> {
  for (let first = 1; first <= seedsToFind;) {
    const count = seedsToFind - first + 1
    const { failures } = await runWorlds({ first, count, fault, processes: 1 })
    const [found] = failures
    if (found === undefined) return undefined
    const without = await runWorlds({ first: found.seed, count: 1, processes: 1 })
    if (without.failed === 0) return found
    first = found.seed + 1
  }
  return undefined
}

/** One store alone shows sooner what takes a crash in the middle of its own writing. */
for (const fault of ['index-first', 'torn-tail'] as const) {
  await test(`${fault} is found within ${seedsToFind} crashes of one store`, async (context) => {
    const primitives = createNativePrimitives()
    const fails = (seed: number, faults: StoreFaults): Promise<boolean> =>
      runCrashWorld({ seed, primitives, faults }).then(
        () => false,
        () => true,
      )
    const isToBlame = async (seed: number): Promise<boolean> =>
      (await fails(seed, new Set([fault]))) && !(await fails(seed, new Set()))
    let seed = 0
    while (seed < seedsToFind && !(await isToBlame(seed))) seed += 1
    assert.ok(seed < seedsToFind)
    context.diagnostic(`found by seed ${seed}`)
  })
}
