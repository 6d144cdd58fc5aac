/** A coordinator that lies is noticed, with the code that says so, and nothing of the lie is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../base/errors.ts'
import { clientGrid, type ClientGrid, type TestClient } from '../testing/client/client-grid.ts'
import { liedMachine } from '../testing/client/lied-machine.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { sampleFile } from '../testing/client/sample-file.ts'
import type { Lies } from '../testing/malicious-coordinator.ts'
import type { ControlAnswer } from '../wire/control.ts'
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
