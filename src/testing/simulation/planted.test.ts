import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { describe, test } from 'node:test'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import { plantedFaults } from './scenario/planted.ts'
import { runCrashWorld } from './store-crash-world.ts'
import { runWorlds } from './worlds.ts'

const seedsToFind = 300

await describe('planted faults', { concurrency: availableParallelism() }, async () => {
  for (const fault of Object.keys(plantedFaults)) {
    test(`${fault} is found within ${seedsToFind} seeds`, async (context) => {
      const request = { first: 1, count: seedsToFind, fault, processes: 1 }
      const { failures } = await runWorlds(request)
      assert.ok(failures[0], 'some seed finds it')
      context.diagnostic(`found by seed ${failures[0].seed}: ${failures[0].failure}`)
    })
  }
})

/** One store alone shows sooner what takes a crash in the middle of its own writing. */
for (const fault of ['index-first', 'torn-tail'] as const) {
  await test(`${fault} is found within ${seedsToFind} crashes of one store`, async (context) => {
    const primitives = createNativePrimitives()
    const fails = (seed: number): Promise<boolean> =>
      runCrashWorld({ seed, primitives, faults: new Set([fault]) }).then(
        () => false,
        () => true,
      )
    let seed = 0
    while (seed < seedsToFind && !(await fails(seed))) seed += 1
    assert.ok(seed < seedsToFind)
    context.diagnostic(`found by seed ${seed}`)
  })
}
