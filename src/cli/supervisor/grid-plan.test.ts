import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checkAskedNodes } from './grid-plan.ts'

it('says how many nodes a home has when fewer are asked for, however few', () => {
  for (const text of ['0', '2', '3']) {
    assert.throws(() => checkAskedNodes(text, 4), {
      code: 'BAD_USAGE',
      message: `This home has 4 nodes, and --nodes asks for ${text}: nodes keep shards and cannot be left out`,
    })
  }
  for (const text of ['4', '7', 'four', '']) checkAskedNodes(text, 4)
  checkAskedNodes('2', 0)
})
