import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalBytes } from '../base/bytes.ts'
import { limits } from '../base/limits.ts'
import { ramp, sampleIds, sampleOperation, sampleSeeds } from '../testing/format-samples.ts'
import { createNativePrimitives } from './adapters/native-primitives.ts'
import { verifyCommit, type FeedCommit } from './commit-check.ts'
import { FeedChain, type FeedChainOptions, type FeedPiece } from './feed.ts'
import { firstFeedHash, nextFeedHash } from './feed-hash.ts'
import { listedOperation, type ListedOperation } from './listed-operation.ts'
import { encodeOperation } from './operation.ts'
import { encodeStatement, signStatement, type Statement } from './statement.ts'

const primitives = createNativePrimitives()
const { vault, account } = sampleIds
const other = ramp(0x99, 16)
const seeds = { account: sampleSeeds.account, other: sampleSeeds.box }
const operation = sampleOperation(primitives)

function writerKey(writer: Uint8Array): Uint8Array | undefined {
  if (equalBytes(writer, account)) return primitives.signingPublicKey(seeds.account)
  return equalBytes(writer, other) ? primitives.signingPublicKey(seeds.other) : undefined
}

function newChain(options: Partial<FeedChainOptions> = {}): FeedChain {
  return new FeedChain(primitives, { vault, writerKey, ...options })
}

const unsigned = new Uint8Array(0)

/** A coordinator's honest feed, with hands to forge. */
class Feed {
  readonly commits: FeedCommit[] = []
  readonly heads = [firstFeedHash(primitives, vault)]
  term = 1

  get n(): number {
    return this.commits.length
  }

  /** With `unsigned` for a seed nobody signs, which is faster. */
  add(change: Partial<Statement> = {}, seed = seeds.account): this {
    const changed = { ...operation, chunkCount: this.n + 1 }
    const bytes = encodeOperation(changed)
    const seen = { n: this.n, h: this.heads[this.n]! }
    const operations = [listedOperation(primitives, changed, bytes)]
    const statement = { vault, writer: account, term: this.term, seen, operations, ...change }
    const signed =
      seed.length === 0
        ? { statement: encodeStatement(statement), signature: new Uint8Array(64) }
        : signStatement(primitives, statement, seed)
    const n = this.n + 1
    this.heads.push(nextFeedHash(primitives, this.heads[n - 1]!, { n, ...signed }))
    this.commits.push({ ...signed, n, atMs: 1000 * n, operations: [bytes] })
    return this
  }

  piece(from: number, to = this.n): FeedPiece {
    const commits = this.commits.slice(from, to)
    return { term: this.term, n: this.n, h: this.heads[this.n]!, commits }
  }
}

function feedOf(count: number): Feed {
  const feed = new Feed()
  for (let at = 0; at < count; at += 1) feed.add()
  return feed
}

function assertRefused(chain: FeedChain, piece: FeedPiece, refusal: object): void {
  const before = chain.state()
  assert.throws(() => chain.extend(piece), refusal)
  assert.deepEqual(chain.state(), before, 'a refused piece changes nothing')
}

test('an honest feed is taken in pieces of any size', () => {
  const feed = feedOf(7)
  for (const step of [1, 2, 3, 7]) {
    let chain = newChain()
    for (let at = 0; at < 7; at += step) {
      const taken = chain.extend(feed.piece(at, Math.min(7, at + step)))
      assert.equal(taken.at(-1)?.n, chain.n)
      chain = newChain({ state: chain.state() })
    }
    assert.equal(chain.n, 7)
    assert.deepEqual(chain.h, feed.heads[7])
    assert.deepEqual(chain.extend(feed.piece(7)), [])
  }
})

test('what was purged is known by what its statement lists', () => {
  const feed = feedOf(1)
  const commit = { ...feed.commits[0]!, operations: [undefined] }
  const [taken] = newChain().extend({ ...feed.piece(0), commits: [commit] })
  assert.deepEqual(taken?.operations, [undefined])
  const [listed] = taken.statement.operations
  assert.deepEqual([listed?.entry, listed?.version], [operation.entry, operation.version])
  assert.deepEqual(taken?.h, feed.heads[1])
})

test('a shortened, lagging or changed end is a fork', () => {
  const feed = feedOf(3)
  const chain = newChain()
  chain.extend(feed.piece(0))
  const fork = { code: 'FEED_FORKED' }
  assertRefused(chain, { ...feed.piece(3), n: 2 }, { ...fork, message: /ends at 2.*has seen 3/ })
  assertRefused(chain, { ...feed.piece(3), h: ramp(1, 32) }, { ...fork, message: /at 3 it is/ })
  const another = feedOf(2).add({ term: 0 })
  assertRefused(chain, another.piece(3), fork)
  assertRefused(chain, feed.piece(2), { ...fork, message: /commit 4 is due, 3 came/ })
  assertRefused(newChain(), feed.piece(1), { ...fork, message: /commit 1 is due, 2 came/ })
})

test('a commit of another history is a fork at the first one that crosses it', () => {
  const ours = feedOf(3)
  const theirs = feedOf(2).add({ writer: other }, seeds.other)
  const chain = newChain()
  chain.extend(ours.piece(0))
  ours.add({ seen: { n: 3, h: theirs.heads[3]! } })
  const refusal = { code: 'FEED_FORKED', message: /at 3 its writer had seen/ }
  assertRefused(chain, ours.piece(3), refusal)
  const ahead = feedOf(1).add({ seen: { n: 2, h: ramp(1, 32) } })
  assertRefused(newChain(), ahead.piece(0), {
    code: 'FEED_FORKED',
    message: /seen 2 commits before/,
  })
})

test('forged commits are refused with what differs', () => {
  const base = feedOf(2)
  const forge = (change: Partial<FeedCommit>): FeedPiece => ({
    ...base.piece(0),
    commits: [base.commits[0]!, { ...base.commits[1]!, ...change }],
  })
  const { operations } = base.commits[0]!
  const forged = { code: 'RECORD_FORGED' }
  assertRefused(newChain(), forge({ operations }), { ...forged, message: /operation 0 is not the/ })
  assertRefused(newChain(), forge({ operations: [] }), { ...forged, message: /0 operations/ })
  const signature = ramp(1, 64)
  assertRefused(newChain(), forge({ signature }), { ...forged, message: /2: its signature/ })
  const cut = { statement: base.commits[1]!.statement.slice(0, -1) }
  assertRefused(newChain(), forge(cut), { code: 'MALFORMED' })
})

test('an operation that its statement lists as something else is refused', () => {
  const changes: Partial<ListedOperation>[] = [
    { entry: ramp(1, 16) },
    { parent: ramp(1, 16) },
    { version: ramp(1, 16) },
    { previous: undefined },
    { tombstone: true },
    { kind: 'link' },
    { hash: ramp(1, 32) },
  ]
  for (const change of changes) {
    const listed = listedOperation(primitives, operation, encodeOperation(operation))
    const feed = new Feed().add({ operations: [{ ...listed, ...change }] })
    const commit = { ...feed.commits[0]!, operations: [encodeOperation(operation)] }
    const piece = { ...feed.piece(0), commits: [commit] }
    assertRefused(newChain(), piece, { code: 'RECORD_FORGED', message: /operation 0 is not the/ })
  }
})

test('statements of another vault, term or writer are refused', () => {
  const forged = { code: 'RECORD_FORGED' }
  const cases: [why: RegExp, feed: Feed][] = [
    [/vault 6061/, feedOf(1).add({ vault: sampleIds.pack })],
    [/term 2, from 1 to 1/, feedOf(1).add({ term: 2 })],
    [/term 0, from 1 to 1/, feedOf(1).add({ term: 0 })],
    [/may not write/, feedOf(1).add({ writer: ramp(1, 16) })],
    [/signature/, feedOf(1).add({ writer: other })],
    [/signature/, feedOf(1).add({}, seeds.other)],
  ]
  for (const [message, feed] of cases) {
    assertRefused(newChain(), feed.piece(0), { ...forged, message })
  }
})

test('a lower term is refused, a higher one kept', () => {
  const feed = feedOf(1)
  const chain = newChain()
  chain.extend(feed.piece(0))
  feed.term = 5
  chain.extend(feed.add().piece(1))
  assert.equal(chain.term, 5)
  feed.term = 4
  assertRefused(chain, feed.piece(2), { code: 'TERM_OLD', message: /term 4.*seen term 5/ })
})

test("each writer's newest signature is checked at once, all when asked, others later", () => {
  const feed = new Feed().add({ writer: other }, seeds.account).add({ writer: other }, seeds.other)
  const [first, second] = newChain().extend(feed.piece(0))
  assert.ok(first !== undefined && second !== undefined)
  const key = primitives.signingPublicKey(seeds.other)
  verifyCommit(primitives, second, key)
  assert.throws(() => verifyCommit(primitives, first, key), { code: 'RECORD_FORGED' })
  const strict = newChain({ signatures: 'all' })
  assertRefused(strict, feed.piece(0), { code: 'RECORD_FORGED', message: /commit 1/ })
})

test('the state is bounded, and a writer that slept too long is refused', () => {
  const feed = new Feed()
  const chain = newChain()
  const first = { n: 0, h: feed.heads[0]! }
  for (let at = 0; at < limits.feedLagMax - 1; at += 1) feed.add({}, unsigned)
  feed.add()
  chain.extend(feed.piece(0))
  const inTime = newChain({ state: chain.state() })
  inTime.extend(feed.add({ seen: first }).piece(limits.feedLagMax))
  assert.equal(inTime.state().heads.length, 32 * (limits.feedLagMax + 1))
  const after = newChain({ state: inTime.state() })
  const refusal = { code: 'FEED_FORKED', message: /had seen 0 only, more than 4096/ }
  assertRefused(after, feed.add({ seen: first }).piece(limits.feedLagMax + 1), refusal)
})

test('a state that cannot be is refused', () => {
  const chain = newChain()
  chain.extend(feedOf(2).piece(0))
  const { heads } = chain.state()
  for (const state of [
    { ...chain.state(), heads: heads.subarray(1) },
    { ...chain.state(), heads: heads.subarray(32) },
    { ...chain.state(), n: 3 },
  ]) {
    assert.throws(() => newChain({ state }), { code: 'MALFORMED' })
  }
})
