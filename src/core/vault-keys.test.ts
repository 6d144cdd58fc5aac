import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { ramp, sampleIds, sampleKeys, sampleSeeds } from '../testing/format-samples.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { gridKeys } from './grid-keys.ts'
import { nodeId } from './node-id.ts'
import { chunkKey, keyCommitment, nameKey, recordKey, vaultKeys } from './vault-keys.ts'

const primitives = createNativePrimitives()
const keys = sampleKeys(primitives)

test('no two keys are equal, whatever they are for', () => {
  const of = ramp(5, 32)
  const found = [1, 2].flatMap((generation) => [
    chunkKey(primitives, keys, { generation, of }),
    nameKey(primitives, keys, { generation, of }),
    recordKey(primitives, keys, { generation, of }),
    keyCommitment(primitives, keys, generation),
  ])
  const all = [...found, keys.chunkIdKey, keys.cutKey, keys.tagKey, keys.lifeKey]
  assert.equal(new Set(all.map(toHex)).size, all.length)
})

test('a generation that this account does not hold is refused with both numbers', () => {
  for (const generation of [0, 3, -1, 1.5]) {
    assert.throws(() => chunkKey(primitives, keys, { generation, of: ramp(0, 32) }), {
      code: 'FORBIDDEN',
      message: new RegExp(`generation ${generation}: this account holds 1 to 2`),
    })
  }
  assert.throws(() => keyCommitment(primitives, keys, 9), { code: 'FORBIDDEN' })
})

test('keys of wrong sizes are a defect', () => {
  const { vault, lifeKey } = keys
  assert.throws(() => vaultKeys(primitives, { vault, lifeKey, generationKeys: [] }), /generation/)
  const generationKeys = [ramp(0, 31)]
  assert.throws(() => vaultKeys(primitives, { vault, lifeKey, generationKeys }), /32 bytes/)
})

test('a grid secret gives other keys for each use and each vault', () => {
  const grid = gridKeys(primitives, sampleSeeds.grid)
  const all = [
    grid.identitySeed,
    grid.identityKey,
    grid.journalKey,
    grid.opaqueSeed,
    grid.packListKey(toHex(sampleIds.vault)),
    grid.packListKey(toHex(sampleIds.pack)),
  ]
  assert.equal(new Set(all.map(toHex)).size, all.length)
  assert.throws(() => grid.packListKey('xyz'), /vault id/)
})

test('a node id is 16 bytes of its own', () => {
  const id = nodeId(primitives, ramp(1, 32))
  assert.equal(id.length, 16)
  assert.equal(id.buffer.byteLength, 16)
})
