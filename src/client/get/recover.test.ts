import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { choices } from './recover.ts'

test('every choice comes once, whatever the policy', () => {
  for (const [items, count, wanted] of [
    [4, 2, 6],
    [3, 3, 1],
    [6, 4, 15],
    [5, 1, 5],
    [1, 2, 0],
  ] as const) {
    const all = [...choices([...Array(items).keys()], count)].map((one) => one.join())
    assert.equal(all.length, wanted)
    assert.equal(new Set(all).size, wanted)
  }
})

test('one wrong shard of any policy is found within the bound, and mostly two', () => {
  for (const [k, m] of [
    [2, 2],
    [8, 3],
    [16, 4],
  ] as const) {
    const items = [...Array(k + m).keys()]
    const triesFor = (wrong: readonly number[]): number =>
      choices(items, k)
        .take(limits.recoverTriesMax)
        .toArray()
        .findIndex((use) => !use.some((index) => wrong.includes(index)))
    for (const index of items) {
      const tries = triesFor([index])
      assert.ok(tries >= 0 && tries <= k, `${k}+${m}: shard ${index} needs ${tries}`)
    }
    for (const other of items.slice(1)) assert.ok(triesFor([0, other]) >= 0)
  }
})
