import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../testing/simulation/seeded-random.ts'
import { SlotPool } from './slot-pool.ts'
import type { Slot } from './slot-pool.ts'

test('slots never overlap, are aligned, and all come back', () => {
  const random = new SeededRandom(1)
  const pool = new SlotPool({ at: 100, bytes: 1 << 20 })
  const taken: Slot[] = []
  for (let step = 0; step < 5000; step += 1) {
    const slot = random.chance(0.55) ? pool.tryTake(random.between(1, 100_000)) : undefined
    if (slot) {
      assert.equal(slot.at % 4096, 0)
      for (const other of taken) {
        assert.ok(slot.at + slot.bytes <= other.at || other.at + other.bytes <= slot.at)
      }
      taken.push(slot)
    } else if (taken.length > 0) {
      pool.giveBack(taken.splice(random.between(0, taken.length - 1), 1)[0]!)
    }
  }
  for (const slot of taken) pool.giveBack(slot)
  assert.ok(pool.tryTake(pool.bytesMax))
})

test('who waits is served in order, and is not overtaken by a smaller wish', async () => {
  const pool = new SlotPool({ at: 0, bytes: 3 * 4096 })
  const first = await pool.take(2 * 4096)
  const order: string[] = []
  const takeLarge = async (): Promise<void> => {
    const slot = await pool.take(3 * 4096)
    order.push('large')
    pool.giveBack(slot)
  }
  const large = takeLarge()
  const small = pool.take(4096).then(() => order.push('small'))
  assert.equal(pool.tryTake(1), undefined)
  pool.giveBack(first)
  await Promise.all([large, small])
  assert.deepEqual(order, ['large', 'small'])
})
