/** A coordinator that lies is noticed, with the code that says so, and nothing of the lie is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../base/errors.ts'
import { nextFeedHash } from '../core/feed-hash.ts'
import {
  clientGrid,
  primitives,
  type ClientGrid,
  type TestClient,
} from '../testing/client/client-grid.ts'
import { liedMachine } from '../testing/client/lied-machine.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { sampleId } from '../testing/client/sample-entry.ts'
import { sampleFile, samplePath } from '../testing/client/sample-file.ts'
import type { Lies } from '../testing/malicious-coordinator.ts'
import type { ControlAnswer } from '../wire/control.ts'
import type { IndexEntry } from './index/vault-index.ts'
import { removePath } from './commit/remove-path.ts'
import { listFolder } from './tree/list-folder.ts'

type Feed = ControlAnswer<'feed'>

async function put(grid: ClientGrid, client: TestClient, path: string, text = path): Promise<void> {
  const outcome = await client.committer.submit(sampleFile(grid, client, { path, text }))
  assert.equal(outcome.kind, 'committed')
}

function names({ committer }: TestClient): string[] {
  const { index, vault } = committer.feed
  return [...listFolder(index, { folder: vault.vault })].map(({ entry }) =>
    Buffer.from(entry.name).toString(),
  )
}

/** A client that has seen `/seen`, with more to come that its coordinator can lie about. */
async function scene(): Promise<{ grid: ClientGrid; victim: TestClient; lies: Lies }> {
  const grid = await clientGrid()
  const { world, lies } = liedMachine(grid)
  const victim = await grid.client('ada', world)
  const other = await grid.client('ada')
  await put(grid, other, '/seen')
  await victim.committer.feed.catchUp()
  await put(grid, other, '/later')
  await put(grid, other, '/seen', 'second')
  return { grid, victim, lies }
}

function changeCommit(
  feed: Feed,
  n: number,
  change: (commit: Feed['commits'][number]) => Partial<Feed['commits'][number]>,
): Feed {
  return {
    ...feed,
    commits: feed.commits.map((commit) =>
      commit.n === n ? { ...commit, ...change(commit) } : commit,
    ),
  }
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 1
  return copy
}

/** One commit more at the end, whose statement was told before. */
function toldAgain(feed: Feed, commit: Feed['commits'][number]): Feed {
  const n = feed.n + 1
  const h = nextFeedHash(primitives, feed.h, { n, statement: commit.statement })
  return { ...feed, n, h, commits: [...feed.commits, { ...commit, n }] }
}

function nothingLeft({ operations }: Feed['commits'][number]): Partial<Feed['commits'][number]> {
  return { operations: operations.map(() => null) }
}

const feedLies: Record<string, [ErrorCode, (feed: Feed) => Feed]> = {
  'a shortened feed': ['FEED_FORKED', (feed) => ({ ...feed, n: 0, commits: [] })],
  'an old head': ['FEED_FORKED', (feed) => ({ ...feed, n: 1, h: new Uint8Array(32), commits: [] })],
  'an end without what leads there': ['FEED_FORKED', (feed) => ({ ...feed, commits: [] })],
  'another head': ['FEED_FORKED', (feed) => ({ ...feed, h: flipped(feed.h, 0) })],
  'an older term': ['TERM_OLD', (feed) => ({ ...feed, term: feed.term - 1 })],
  'a commit left out': ['FEED_FORKED', (feed) => ({ ...feed, commits: feed.commits.slice(1) })],
  'commits in another order': [
    'FEED_FORKED',
    (feed) => ({ ...feed, commits: feed.commits.toReversed() }),
  ],
  'a commit twice': [
    'FEED_FORKED',
    (feed) => ({
      ...feed,
      n: feed.n + 1,
      commits: [...feed.commits, { ...feed.commits.at(-1)!, n: feed.n + 1 }],
    }),
  ],
  'swapped records of two entries': [
    'RECORD_FORGED',
    (feed) => {
      const [first, second] = feed.commits.map(({ operations }) => operations)
      return changeCommit(
        changeCommit(feed, 2, () => ({ operations: second! })),
        3,
        () => ({ operations: first! }),
      )
    },
  ],
  'a changed operation': [
    'RECORD_FORGED',
    (feed) =>
      changeCommit(feed, 2, ({ operations }) => ({ operations: [flipped(operations[0]!, 90)] })),
  ],
  'an operation more': [
    'RECORD_FORGED',
    (feed) => changeCommit(feed, 2, ({ operations }) => ({ operations: [...operations, null] })),
  ],
  'a head left out as purged': [
    'RECORD_FORGED',
    (feed) => changeCommit(feed, 3, () => ({ operations: [null] })),
  ],
  'a new entry left out as purged': [
    'RECORD_FORGED',
    (feed) => changeCommit(feed, 2, () => ({ operations: [null] })),
  ],
  'the newest statement told again': [
    'RECORD_FORGED',
    (feed) => toldAgain(feed, feed.commits.at(-1)!),
  ],
  'all left out as purged, and a statement told again': [
    'RECORD_FORGED',
    (feed) => {
      const purged = [2, 3].reduce((left, n) => changeCommit(left, n, nothingLeft), feed)
      return toldAgain(purged, feed.commits[0]!)
    },
  ],
  'a signature of nobody': [
    'RECORD_FORGED',
    (feed) => changeCommit(feed, 3, ({ signature }) => ({ signature: flipped(signature, 3) })),
  ],
}
for (const [what, [code, lie]] of Object.entries(feedLies)) {
  test(`${what} is noticed, and nothing of it is kept`, async () => {
    const { grid, victim, lies } = await scene()
    const before = victim.committer.feed.index.state()
    lies.feed = lie
    await assert.rejects(victim.committer.feed.catchUp(), refusedWith(code))
    assert.deepEqual(victim.committer.feed.index.state(), before)
    assert.deepEqual(names(victim), ['seen'])
    delete lies.feed
    await victim.committer.feed.catchUp()
    assert.deepEqual(names(victim), ['later', 'seen'])
    await put(grid, victim, '/mine')
  })
}

test('a current client is not taken back by an old statement, whatever is said to be purged', async () => {
  const { grid, victim, lies } = await scene()
  await victim.committer.feed.catchUp()
  const current = victim.committer.feed.index.state()
  const other = await grid.client('ada')
  const { vault } = other.committer.feed.vault
  await put(grid, other, '/unrelated')
  const honest = await other.session.control.call('feed', { vault, after: 0 })
  lies.feed = (feed) => toldAgain(changeCommit(feed, 4, nothingLeft), honest.commits[0]!)
  await assert.rejects(victim.committer.feed.catchUp(), refusedWith('RECORD_FORGED'))
  lies.feed = (feed) => toldAgain(feed, honest.commits[0]!)
  await assert.rejects(victim.committer.feed.catchUp(), refusedWith('RECORD_FORGED'))
  assert.deepEqual(victim.committer.feed.index.state(), current)
})

test('a fresh client is not shown an older version for one that is left out', async () => {
  const { grid } = await scene()
  const { world, lies } = liedMachine(grid)
  lies.feed = (feed) => changeCommit(feed, 3, nothingLeft)
  await assert.rejects(grid.client('ada', world), refusedWith('RECORD_FORGED'))
  lies.feed = (feed) => [1, 2, 3].reduce((left, n) => changeCommit(left, n, nothingLeft), feed)
  await assert.rejects(grid.client('ada', world), refusedWith('RECORD_FORGED'))
  delete lies.feed
  const fresh = await grid.client('ada', world)
  assert.deepEqual(names(fresh), ['later', 'seen'])
})

test('what was left out in an early part of the feed is noticed at its end, and forgotten', async () => {
  const grid = await clientGrid({ config: { limits: { feedCommitsMax: 1 } } })
  const other = await grid.client('ada')
  await put(grid, other, '/seen')
  await put(grid, other, '/later')
  const { world, lies } = liedMachine(grid)
  lies.feed = (feed) => changeCommit(feed, 1, nothingLeft)
  await assert.rejects(grid.client('ada', world), refusedWith('RECORD_FORGED'))
  delete lies.feed
  assert.deepEqual(names(await grid.client('ada', world)), ['later', 'seen'])
})

test('what was replaced, or lies below a deleted folder, may be purged', async () => {
  const { grid, victim } = await scene()
  const other = await grid.client('ada')
  for (const path of ['/folder/in/deep', '/folder/in/other', '/folder/file', '/gone']) {
    await put(grid, other, path)
    await put(grid, other, path, 'second')
  }
  for (const path of ['/folder/in/other', '/gone', '/folder']) {
    const removal = { path: samplePath(path), recursive: true, now: true }
    await removePath(other.committer, removal)
  }
  await put(grid, other, '/gone')
  await victim.committer.feed.catchUp()
  const fresh = await grid.client('ada')
  for (const client of [other, victim, fresh]) {
    assert.deepEqual(names(client), ['gone', 'later', 'seen'])
    assert.deepEqual(client.committer.feed.index.unsettled(9), [])
  }
  const { vault } = fresh.committer.feed.vault
  const { commits } = await fresh.session.control.call('feed', { vault, after: 0 })
  assert.ok(commits.some(({ operations }) => operations.includes(null)))
  await put(grid, fresh, '/mine')
})

test('an old signature that is wrong is noticed when that version is opened', async () => {
  const { victim, lies } = await scene()
  lies.feed = (feed) =>
    changeCommit(feed, 2, ({ signature }) => ({ signature: flipped(signature, 3) }))
  const { feed } = victim.committer
  await feed.catchUp()
  const { index, vault } = feed
  const [later, seen] = [...listFolder(index, { folder: vault.vault })].map(({ entry }) => entry)
  feed.verifyVersion(seen!)
  assert.throws(() => feed.verifyVersion(later!), refusedWith('RECORD_FORGED'))
  assert.throws(() => feed.verifyVersion(later!), refusedWith('RECORD_FORGED'))
})

test('an index that was lost does not let an older history through', async () => {
  for (const commits of [0, 2]) {
    const { grid, victim, lies } = await scene()
    await victim.committer.feed.catchUp()
    victim.committer.feed.index.clear()
    const short = await feedUpTo(grid, victim, commits)
    lies.feed = (feed, request) =>
      request.after >= commits ? { ...feed, ...short, commits: [] } : { ...feed, ...short }
    await assert.rejects(victim.committer.feed.catchUp(), refusedWith('FEED_FORKED'))
    assert.equal(victim.committer.feed.index.state().n, 0)
    delete lies.feed
    await victim.committer.feed.catchUp()
    assert.equal(victim.committer.feed.index.state().n, 3)
  }
})

/** What the feed was when it had so many commits. */
async function feedUpTo(
  grid: ClientGrid,
  { committer }: TestClient,
  count: number,
): Promise<Pick<Feed, 'n' | 'h' | 'commits'>> {
  const fresh = await grid.client('ada')
  const { vault } = committer.feed.vault
  const whole = await fresh.session.control.call('feed', { vault, after: 0 })
  const { index } = fresh.committer.feed
  const commits = whole.commits.slice(0, count)
  return { n: count, h: index.head(count) ?? new Uint8Array(32), commits }
}

test('a commit that is acknowledged and then hidden is a fork', async () => {
  const { grid, victim, lies } = await scene()
  const hidden = victim.committer.feed.index.state()
  lies.feed = (feed) => ({ ...feed, n: hidden.n, h: hidden.h, commits: [] })
  lies.commit = (answer) => ({ ...answer, n: answer.n + 5 })
  const file = sampleFile(grid, victim, { path: '/mine', text: 'mine' })
  await assert.rejects(victim.committer.submit(file), refusedWith('FEED_FORKED'))
})

test('a commit that gets another hash than it has is a fork', async () => {
  const grid = await clientGrid()
  const { world, lies } = liedMachine(grid)
  const victim = await grid.client('ada', world)
  lies.commit = (answer) => ({ ...answer, h: flipped(answer.h, 9) })
  const file = sampleFile(grid, victim, { path: '/mine', text: 'mine' })
  await assert.rejects(victim.committer.submit(file), refusedWith('FEED_FORKED'))
  assert.deepEqual(names(victim), [])
})

test('a commit of our own that was taken although its head had changed is noticed', async () => {
  const { victim } = await scene()
  const { feed } = victim.committer
  const { index, vault } = feed
  const [old] = index.children({ parent: vault.vault, most: 1 })
  await feed.catchUp()
  const before = index.state()
  const commit = index.commit(before.n)!
  const n = before.n + 1
  const h = nextFeedHash(primitives, before.h, { n, statement: commit.statement })
  const { statement, signature, writer } = commit
  const own = (entry: Partial<IndexEntry>) => ({
    writer,
    signed: { statement, signature },
    entries: [{ ...old!, version: sampleId(9), previous: old!.version, ...entry }],
    at: { n, h, term: before.term },
  })
  const wrong: Partial<IndexEntry>[] = [
    {},
    { previous: undefined },
    { previous: sampleId(8) },
    { entry: sampleId(7) },
    { entry: sampleId(7), previous: undefined },
    { entry: sampleId(7), previous: undefined, tombstone: true },
    { entry: sampleId(7), previous: undefined, kind: 'link' },
  ]
  for (const entry of wrong) {
    await assert.rejects(feed.ownCommit(own(entry)), refusedWith('RECORD_FORGED'))
    assert.deepEqual(index.state(), before)
  }
  const head = index.entry(old!.entry)!
  for (const entry of [{ kind: 'folder' }, { parent: sampleId(6) }] as const) {
    const moved = own({ previous: head.version, ...entry })
    await assert.rejects(feed.ownCommit(moved), refusedWith('RECORD_FORGED'))
  }
  await feed.ownCommit(own({ previous: head.version }))
  assert.equal(index.state().n, n)
})
