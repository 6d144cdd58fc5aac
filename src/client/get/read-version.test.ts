import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientGrid } from '../../testing/client/client-grid.ts'
import { sampleFile } from '../../testing/client/sample-file.ts'
import { committedEntry } from '../commit/pending.ts'
import type { OpenJob } from '../engine/engine.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import { streamVersion, writeVersion, type ReadParts } from './read-version.ts'

/** A version of five chunks, and an engine and nodes that give zeros for everything. */
async function scene() {
  const grid = await clientGrid()
  const client = await grid.client('ada')
  const file = sampleFile(grid, client, { path: '/f', text: 'f', chunks: 5 })
  const entry = committedEntry(await client.committer.submit(file))
  const region = { at: 0, bytes: 64 * 1024 }
  const slots = new SlotPool(region)
  const engine = {
    memory: new Uint8Array(region.bytes),
    open: async ({ chunks }: OpenJob) => ({ opened: chunks.map(() => true) }),
    write: async () => {},
  }
  const parts = {
    session: client.session,
    vault: client.committer.feed.vault,
    engine,
    reader: { read: async () => {} },
    spare: slots,
    suspect() {},
    slots,
  } as unknown as ReadParts
  return { engine, entry, parts, slots }
}

function isWhole(slots: SlotPool): boolean {
  const slot = slots.tryTake(slots.bytesMax)
  if (slot) slots.giveBack(slot)
  return slot !== undefined
}

test('a range is given exactly, wherever it lies', async () => {
  const { entry, parts, slots } = await scene()
  for (let from = 0; from <= 50; from += 7) {
    for (let to = from; to <= 50; to += 3) {
      let position = from
      await streamVersion(parts, entry, {
        range: { from, to },
        sink: async (piece) => {
          assert.equal(piece.position, position)
          position += piece.bytes.length
        },
      })
      assert.equal(position, to)
      assert.ok(isWhole(slots))
    }
  }
})

test('slots come back whatever fails while a version is used', async () => {
  const { engine, entry, parts, slots } = await scene()
  const failure = new Error('no space')
  const sink = () => Promise.reject(failure)
  const range = { from: 0, to: entry.bytes }
  await assert.rejects(streamVersion(parts, entry, { range, sink }), failure)
  assert.ok(isWhole(slots))
  engine.write = () => Promise.reject(failure)
  await assert.rejects(writeVersion(parts, entry, { handle: 1, progress() {} }), failure)
  assert.ok(isWhole(slots))
  engine.open = () => Promise.reject(failure)
  await assert.rejects(writeVersion(parts, entry, { handle: 1, progress() {} }), failure)
  assert.ok(isWhole(slots))
})
