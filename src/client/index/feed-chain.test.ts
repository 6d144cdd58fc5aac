import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, toHex } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { firstFeedHash, nextFeedHash } from '../../core/feed-hash.ts'
import { clientGrid, primitives } from '../../testing/client/client-grid.ts'
import { refusedWith } from '../../testing/client/refused-with.ts'
import { sampleId } from '../../testing/client/sample-entry.ts'
import { openSqliteIndex } from '../adapters/sqlite-index.ts'
import { chainOf, checkFollows } from './feed-chain.ts'

test('a chain goes on from an index of any length', async () => {
  const { committer } = await (await clientGrid()).client('ada')
  const { vault } = committer.feed
  const index = openSqliteIndex(':memory:')
  const lag = limits.feedLagMax
  let h = firstFeedHash(primitives, fromHex(vault.vault)!)
  const heads = [h]
  assert.deepEqual(chainOf(primitives, vault, index).h, h)
  const check = (n: number) => {
    index.setState({ term: 3, n, h, commitTerm: 2 })
    const chain = chainOf(primitives, vault, index)
    assert.deepEqual([chain.n, chain.term, toHex(chain.h)], [n, 3, toHex(h)])
    const kept = chain.state().heads
    const wanted = heads.slice(-1 - lag)
    assert.equal(kept.length, wanted.length * 32)
    assert.deepEqual(kept.subarray(0, 32), wanted[0])
  }
  for (let n = 1; n <= lag + 2; n += 1) {
    const statement = new Uint8Array(8).fill(n)
    h = nextFeedHash(primitives, h, { n, statement })
    heads.push(h)
    const signature = new Uint8Array(64)
    index.addCommit({ n, h, writer: sampleId(1), statement, signature, verified: true })
    if (n === 1 || n >= lag - 1) check(n)
  }
  index.close()
})

function at(n: number, term = 1) {
  return { n, term, h: new Uint8Array(32).fill(n) }
}

test('what is told must follow what was seen', () => {
  checkFollows(at(5), at(5))
  checkFollows(at(6, 2), at(5))
  assert.throws(() => checkFollows(at(4), at(5)), refusedWith('FEED_FORKED'))
  assert.throws(
    () => checkFollows({ ...at(5), h: new Uint8Array(32) }, at(5)),
    refusedWith('FEED_FORKED'),
  )
  assert.throws(() => checkFollows(at(9, 1), at(5, 2)), refusedWith('TERM_OLD'))
})
