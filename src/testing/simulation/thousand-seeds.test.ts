import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { failureText } from './summary.ts'
import { runWorlds } from './worlds.ts'

const count = 1_000
const timesMin = 3

/** A world in which they never take effect would hold for nothing. */
const mustHappen = [
  'crash: nodes, power cut',
  'crash: nodes, process killed',
  'crash: coordinator',
  'crash: clients',
  'power cut: unsynced pages lost',
  'power cut: unsynced pages torn',
  'power cut: unsynced pages kept',
  'started: nodes',
  'network: deliveries held by a cut',
  'network: deliveries over a slow link',
  'network: connections reset',
  'network: requests that came twice, the second time late',
  'network: answers lost',
  'network: bits flipped in flight',
  'disk: writes refused, it is full',
  'disk: writes that failed',
  'disk: syncs that failed',
  'disk: reads that failed',
  'disk: operations refused, it is gone',
  'disk: operations refused, it is read-only',
  'disk: bits flipped at rest',
  'disk: old images put back',
  'disk: replaced by empty ones',
  'lies: wrong bytes given',
  'lies: shards not kept',
  'sleep: all machines at once',
]

await test(`every invariant holds in ${count} simulated worlds`, async (context) => {
  const processes = availableParallelism()
  const { done, failures, counts } = await runWorlds({ first: 1, count, processes })
  const told = failures.map((failure) => failureText(failure, undefined))
  assert.deepEqual(told, [], told.join('\n'))
  assert.equal(done, count)
  for (const what of mustHappen) {
    context.diagnostic(`${what}: ${counts[what] ?? 0}`)
    assert.ok((counts[what] ?? 0) >= timesMin, `it happened often enough: ${what}`)
  }
})
