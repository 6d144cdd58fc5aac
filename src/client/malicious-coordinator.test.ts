/** A coordinator that lies is noticed, with the code that says so, and nothing of the lie is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../base/errors.ts'
import { decodeVaultRecord, encodeVaultRecord, signVaultRecord } from '../core/vault-record.ts'
import {
  clientGrid,
  primitives,
  type ClientGrid,
  type TestClient,
} from '../testing/client/client-grid.ts'
import { refusedWith } from '../testing/client/refused-with.ts'
import { sampleFile } from '../testing/client/sample-file.ts'
import { lyingTransport, type Lies } from '../testing/malicious-coordinator.ts'
import type { ControlAnswer } from '../wire/control.ts'
import { logIn } from './accounts.ts'
import { openSession, startSession, type ClientWorld, type Session } from './session.ts'
import { listFolder } from './tree.ts'
import { createVault, listVaults, openVault, parsePolicy } from './vaults.ts'

type Feed = ControlAnswer<'feed'>
type Vaults = ControlAnswer<'vaults'>

/** A machine whose coordinator tells `lies`: fill them in when it is time. */
function lied(grid: ClientGrid): { readonly world: ClientWorld; readonly lies: Lies } {
  const lies: Lies = {}
  const macKeyOf = async (session: string) => (await grid.catalogue.session(session))?.macKey
  const world = grid.machine((honest) => lyingTransport(honest, { primitives, lies, macKeyOf }))
  return { world, lies }
}

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
  const { world, lies } = lied(grid)
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
  const { world, lies } = lied(grid)
  const victim = await grid.client('ada', world)
  lies.commit = (answer) => ({ ...answer, h: flipped(answer.h, 9) })
  const file = sampleFile(grid, victim, { path: '/mine', text: 'mine' })
  await assert.rejects(victim.committer.submit(file), refusedWith('FEED_FORKED'))
  assert.deepEqual(names(victim), [])
})

const vaultLies: Record<string, (answer: Vaults, grid: ClientGrid) => Vaults> = {
  'a lowered policy': changeRow(({ policy }) => ({ policy: { ...policy, threshold: policy.k } })),
  'a lowered policy in the record': changeRow((row) => ({
    record: encodeVaultRecord({
      ...decodeVaultRecord(row.record),
      policy: { ...row.policy, threshold: row.policy.k },
    }),
    policy: { ...row.policy, threshold: row.policy.k },
  })),
  'a record that a foreign key signed': changeRow((row, grid) => {
    const seed = grid.random.bytes(32)
    const ownerKey = primitives.signingPublicKey(seed)
    const record = decodeVaultRecord(row.record)
    const members = [{ ...record.members[0]!, signingKey: ownerKey }]
    const signed = signVaultRecord(primitives, { ...record, ownerKey, members }, seed)
    return { record: signed.record, recordSignature: signed.signature }
  }),
  'keys that are not those of the record': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, wrappedKeys: second!.wrappedKeys },
        { ...second!, wrappedKeys: first!.wrappedKeys },
      ],
    }
  },
  'the record of another vault': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, ...recordOf(second!) },
        { ...second!, ...recordOf(first!) },
      ],
    }
  },
  'the name of another vault': ({ vaults }) => {
    const [first, second] = vaults
    return {
      vaults: [
        { ...first!, ...nameOf(second!) },
        { ...second!, ...nameOf(first!) },
      ],
    }
  },
  'an owner that is unknown': changeRow((_row, grid) => ({
    owner: grid.random.bytes(16).toHex(),
  })),
}

type VaultRow = Vaults['vaults'][number]

function recordOf({ record, recordSignature }: VaultRow): Partial<VaultRow> {
  return { record, recordSignature }
}

function nameOf({ nameTag, sealedName }: VaultRow): Partial<VaultRow> {
  return { nameTag, sealedName }
}

function changeRow(
  change: (row: VaultRow, grid: ClientGrid) => Partial<VaultRow>,
): (answer: Vaults, grid: ClientGrid) => Vaults {
  return ({ vaults }, grid) => ({ vaults: vaults.map((row) => ({ ...row, ...change(row, grid) })) })
}

for (const [what, lie] of Object.entries(vaultLies)) {
  test(`${what} is noticed when a vault is opened`, async () => {
    const { grid, session, lies } = await twoVaults()
    const lying: Lies['vaults'] = (answer) => lie(answer, grid)
    lies.vaults = lying
    for (const name of ['home', 'photos']) {
      await assert.rejects(openVault(session, { name }), refusedWith('RECORD_FORGED'))
    }
    delete lies.vaults
    assert.deepEqual((await openVault(session, { name: 'photos' })).policy.threshold, 2)
    assert.deepEqual((await listVaults(session)).length, 2)
  })
}

/** A machine that has logged in and knows nothing else yet. */
async function twoVaults(): Promise<{ grid: ClientGrid; session: Session; lies: Lies }> {
  const grid = await clientGrid()
  const setUp = await grid.client('ada')
  await createVault(setUp.session, { name: 'photos', policy: parsePolicy('1+1') })
  const { world, lies } = lied(grid)
  await logIn(world, grid.credentials('ada'))
  return { grid, session: openSession(world), lies }
}

test('an older vault record than one that was seen is noticed, also by one that only lists', async () => {
  const { session } = await twoVaults()
  const { vault } = await openVault(session, { name: 'home' })
  const newer = { number: 2, hash: new Uint8Array(32), secrets: undefined }
  session.pins.raiseRecord(vault, newer)
  await assert.rejects(openVault(session, { name: 'home' }), refusedWith('RECORD_FORGED'))
  await assert.rejects(listVaults(session), refusedWith('RECORD_FORGED'))
  assert.deepEqual(session.pins.get(vault)?.record, newer)
})

test('keys that were unwrapped once are not asked for again', async () => {
  const { session } = await twoVaults()
  const { keys } = await openVault(session, { name: 'home' })
  const world = { ...session.world, keyWrap: () => assert.fail('HPKE is not needed') }
  const again = await openVault(startSession(world, session.stored), { name: 'home' })
  assert.deepEqual(again.keys, keys)
})

test('the bundle of another account, or another account, is noticed at log-in', async () => {
  const grid = await clientGrid()
  await grid.client('eve')
  await grid.client('ada')
  const eve = (await grid.catalogue.accountByName('eve'))!
  const { world, lies } = lied(grid)
  lies['login/finish'] = (answer) => ({ ...answer, bundle: eve.bundle })
  const login = () => logIn(world, grid.credentials('ada'))
  await assert.rejects(login(), refusedWith('RECORD_FORGED'))
  lies['login/finish'] = (answer) => ({ ...answer, account: eve.account })
  await assert.rejects(login(), refusedWith('RECORD_FORGED'))
  delete lies['login/finish']
  lies.whoami = (answer) => ({ ...answer, name: 'eve' })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.whoami
  assert.equal(world.sessions.load(), undefined)
  await login()
})

test('another grid than the one logged in to is noticed, whoever says so', async () => {
  const grid = await clientGrid()
  await grid.client('ada')
  const { world, lies } = lied(grid)
  const login = () => logIn(world, grid.credentials('ada'))
  const gridId = grid.random.bytes(16).toHex()
  lies.grid = (answer) => ({ ...answer, gridId })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.grid
  lies.cluster = (answer) => ({ ...answer, gridId })
  await assert.rejects(login(), refusedWith('IDENTITY_MISMATCH'))
  delete lies.cluster
  const stored = await login()
  lies.cluster = (answer) => ({ ...answer, gridId })
  const session = openSession(world)
  const creation = createVault(session, { name: 'photos', policy: parsePolicy('1+1') })
  await assert.rejects(creation, refusedWith('IDENTITY_MISMATCH'))
  delete lies.cluster
  const other = await clientGrid({ seed: 2 })
  await other.client('ada')
  const elsewhere = { ...other.machine(), sessions: world.sessions }
  await assert.rejects(logIn(elsewhere, other.credentials('ada')), refusedWith('IDENTITY_MISMATCH'))
  assert.deepEqual(world.sessions.load(), stored)
  world.sessions.save({ ...stored, term: 7 }, { chosen: true })
  await assert.rejects(login(), refusedWith('TERM_OLD'))
})
