import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldfastError } from '../../base/errors.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { chunksIn, conflictsIn, isUploadGone, packsIn } from './refusals.ts'

function refusal(details: Record<string, unknown>): HoldfastError {
  return new HoldfastError('CHANGED', 'No', { details })
}

test('reads what a refusal names', () => {
  const ids = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const chunks = Uint8Array.of(...ids[0]!, ...ids[1]!).toBase64()
  assert.deepEqual(chunksIn(refusal({ chunks })), ids)
  assert.deepEqual(packsIn(refusal({ packs: ['a', 'b'] })), ['a', 'b'])
  const conflicts = [
    { at: 3, why: 'changed' },
    { at: 0, why: 'exists' },
  ]
  assert.deepEqual([...conflictsIn(refusal({ conflicts }))], [3, 0])
  const gone = new HoldfastError('NOT_FOUND', 'Gone', { details: { upload: 'u' } })
  assert.equal(isUploadGone(gone), true)
  assert.equal(isUploadGone(new HoldfastError('NOT_FOUND', 'No such vault')), false)
})

test('a refusal that does not say what it is about is malformed', () => {
  const nothing = [undefined, null, '', 0, [], {}, 'AAAA', '!', [{}], [null], [7], [{ at: -1 }]]
  for (const value of nothing) {
    assert.throws(() => chunksIn(refusal({ chunks: value })), refusedWith('MALFORMED'))
    assert.throws(() => packsIn(refusal({ packs: value })), refusedWith('MALFORMED'))
    assert.throws(() => conflictsIn(refusal({ conflicts: value })), refusedWith('MALFORMED'))
  }
  const far = [{ at: 1_000_000 }]
  assert.throws(() => conflictsIn(refusal({ conflicts: far })), refusedWith('MALFORMED'))
})
