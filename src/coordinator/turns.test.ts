import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { temporaryFolder } from '../testing/conformance/catalogue/sqlite-harness.ts'
import { measureTurns } from '../testing/coordinator/turns.ts'

const turnMsMax = 50
const folder = temporaryFolder()
after(() => folder.remove())

await test('the largest requests keep the event loop from others for less than 50 ms', async () => {
  for (const { what, longestTurnProcessorMs: ms } of await measureTurns(folder.path, 3)) {
    assert.ok(ms < turnMsMax, `${what}: ${ms.toFixed(1)} ms`)
  }
})
