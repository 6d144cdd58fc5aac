import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slowCodeword } from '../testing/reference/erasure-code.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { ErasureCoder } from './erasure.ts'

test('parity and lost shards of any length, longer than one strip too', () => {
  const random = new SeededRandom(1)
  const coder = new ErasureCoder()
  for (const [k, m, bytes] of [
    [2, 2, 40_000],
    [1, 2, 16_384],
    [4, 2, 1],
    [3, 4, 0],
    [16, 4, 129],
  ] as const) {
    const data = Array.from({ length: k }, () => random.bytes(bytes))
    const codeword = slowCodeword(data, m)
    assert.deepEqual(coder.encodeParity({ k, m }, data), codeword.slice(k))
    const present = codeword.map((shard, index) => ({ index, bytes: shard })).slice(m)
    const wanted = Array.from({ length: m }, (_, index) => index)
    assert.deepEqual(coder.reconstruct({ k, m }, { present, wanted }), codeword.slice(0, m))
  }
})

test('a range of shards gives the same range of a lost one', () => {
  const random = new SeededRandom(2)
  const coder = new ErasureCoder()
  const codeword = slowCodeword([random.bytes(1000), random.bytes(1000)], 2)
  const range = (index: number): Uint8Array => codeword[index]!.subarray(333, 777)
  const present = [1, 3].map((index) => ({ index, bytes: range(index) }))
  const [lost] = coder.reconstruct({ k: 2, m: 2 }, { present, wanted: [0] })
  assert.deepEqual(lost, range(0).slice())
})
