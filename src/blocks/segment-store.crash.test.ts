import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { primitives } from '../testing/conformance/store-harness.ts'
import { runCrashWorld } from '../testing/simulation/store-crash-world.ts'
import type { StoreFault } from './store-faults.ts'

const seeds = 120
const seedsToFind = 100

describe('a store that goes down at any moment', () => {
  it(`keeps what it acknowledged, on ${seeds} seeds`, async () => {
    for (let seed = 0; seed < seeds; seed += 1) await runCrashWorld({ seed, primitives })
  })

  const planted: readonly StoreFault[] = ['no-sync', 'index-first', 'torn-tail', 'deletes-dropped']
  for (const fault of planted) {
    it(`shows the planted fault ${fault} within ${seedsToFind} seeds`, async () => {
      assert.ok(await isFound(fault))
    })
  }
})

async function isFound(fault: StoreFault): Promise<boolean> {
  for (let seed = 0; seed < seedsToFind; seed += 1) {
    try {
      await runCrashWorld({ seed, primitives, faults: new Set([fault]) })
    } catch {
      return true
    }
  }
  return false
}
