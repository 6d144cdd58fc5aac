import assert from 'node:assert/strict'
import { limits } from '../../../base/limits.ts'
import type { Check } from './suite.ts'

const hour = 60 * 60 * 1000

export const accountChecks: Record<string, Check> = {
  async 'a grid id is drawn once'({ catalogue }) {
    const grid = await catalogue.grid()
    assert.match(grid.gridId, /^[0-9a-f]{32}$/)
    assert.equal(grid.term, 1)
    assert.deepEqual(await catalogue.grid(), grid)
  },

  async 'an account is found by name and by id'(scene) {
    const request = scene.newAccount(`grace-${scene.name}`, { quotaBytes: 5000 })
    await scene.catalogue.createAccount(request)
    const row = await scene.catalogue.accountByName(`grace-${scene.name}`)
    assert.deepEqual(row, await scene.catalogue.account(request.account))
    const { home, ...account } = request
    assert.deepEqual(row, { ...account, usedBytes: 0 })
    assert.equal(await scene.catalogue.accountByName(`Grace-${scene.name}`), undefined)
    assert.equal(await scene.catalogue.account(scene.id()), undefined)
    assert.equal((await scene.catalogue.vaultsOf(request.account))[0]?.vault, home.vault)
  },

  async 'a taken name is refused, a repeated request is not'(scene) {
    const request = scene.newAccount(`grace-${scene.name}`)
    const { catalogue } = scene
    assert.deepEqual(await catalogue.createAccount(request), { kind: 'created' })
    assert.deepEqual(await catalogue.createAccount(request), { kind: 'created' })
    const other = scene.newAccount(`grace-${scene.name}`)
    assert.deepEqual(await catalogue.createAccount(other), { kind: 'name-taken' })
    assert.equal(await catalogue.account(other.account), undefined)
    const renamed = { ...request, name: `hopper-${scene.name}` }
    assert.deepEqual(await catalogue.createAccount(renamed), { kind: 'name-taken' })
  },

  async 'one of two accounts gets the name'(scene) {
    const requests = [
      scene.newAccount(`twin-${scene.name}`),
      scene.newAccount(`twin-${scene.name}`),
    ]
    const answers = await Promise.all(
      requests.map((request) => scene.catalogue.createAccount(request)),
    )
    assert.deepEqual(answers.map((answer) => answer.kind).toSorted(), ['created', 'name-taken'])
    const winner = requests[answers.findIndex((answer) => answer.kind === 'created')]!
    assert.equal(
      (await scene.catalogue.accountByName(`twin-${scene.name}`))?.account,
      winner.account,
    )
  },

  async 'an account whose home is taken is not made'(scene) {
    const request = scene.newAccount(`eve-${scene.name}`, { vault: scene.vault })
    assert.deepEqual(await scene.catalogue.createAccount(request), { kind: 'name-taken' })
    assert.equal(await scene.catalogue.accountByName(`eve-${scene.name}`), undefined)
  },

  async 'unfinished tries wait, longer each time'(scene) {
    const { catalogue, opened, account } = scene
    const tried = { name: scene.name, source: '127.0.0.1' }
    for (let free = 0; free < limits.freeTries; free += 1) {
      assert.deepEqual(await catalogue.beginTry(tried), { kind: 'go' })
    }
    let expected = limits.tryDelayMs
    for (let round = 0; round < 12; round += 1) {
      const answer = await catalogue.beginTry(tried)
      assert(answer.kind === 'wait', `round ${round}`)
      assert(answer.waitMs <= expected && answer.waitMs > expected - 900, `${answer.waitMs}`)
      opened.advance(expected)
      assert.deepEqual(await catalogue.beginTry(tried), { kind: 'go' })
      expected = Math.min(expected * 2, limits.tryDelayMaxMs)
    }
    assert.equal((await catalogue.beginTry({ ...tried, source: '::1' })).kind, 'go')
    assert.equal((await catalogue.beginTry({ ...tried, name: `no-one-${scene.name}` })).kind, 'go')
    const session = 'cd'.repeat(16)
    const macKey = new Uint8Array(32)
    await catalogue.createSession({ session, account, macKey, tried, lifeMs: hour })
    assert.equal((await catalogue.beginTry(tried)).kind, 'go')
  },

  async 'a wait is never longer than the longest, though the clock was set back'({
    catalogue,
    opened,
    name,
  }) {
    const tried = { name, source: '127.0.0.1' }
    for (let free = 0; free < limits.freeTries; free += 1) await catalogue.beginTry(tried)
    opened.advance(-24 * hour)
    const answer = await catalogue.beginTry(tried)
    assert(answer.kind === 'wait' && answer.waitMs <= limits.tryDelayMs)
    opened.advance(limits.tryDelayMs)
    assert.equal((await catalogue.beginTry(tried)).kind, 'go')
    opened.advance(24 * hour)
  },

  async 'a recent try is known by its name'({ catalogue, opened, name }) {
    const asked = { name, withinMs: hour }
    assert.equal(await catalogue.wasTried(asked), false)
    assert.equal((await catalogue.beginTry({ name, source: 'x', free: 1 })).kind, 'go')
    assert.equal((await catalogue.beginTry({ name, source: 'x', free: 1 })).kind, 'wait')
    assert.equal(await catalogue.wasTried(asked), true)
    opened.advance(hour + 1)
    assert.equal(await catalogue.wasTried(asked), false)
  },

  async 'tries are forgotten'({ catalogue, opened, name }) {
    const tried = { name, source: '127.0.0.1' }
    for (let each = 0; each < limits.freeTries; each += 1) await catalogue.beginTry(tried)
    assert.equal((await catalogue.beginTry(tried)).kind, 'wait')
    opened.advance(limits.tryForgetMs + 1)
    for (let each = 0; each < limits.freeTries; each += 1) {
      assert.equal((await catalogue.beginTry(tried)).kind, 'go')
    }
  },

  async 'a session lives on while it is used'(scene) {
    const { catalogue, account, opened } = scene
    const session = scene.id()
    const macKey = scene.bytes(32)
    const tried = { name: 'ada', source: 'here' }
    await catalogue.createSession({ session, account, macKey, tried, lifeMs: 3 * hour })
    const first = await catalogue.session(session)
    assert(first !== undefined)
    assert.deepEqual(
      { ...first, expiresMs: 0 },
      { session, account, accountName: scene.name, macKey, expiresMs: 0 },
    )
    assert.equal((await catalogue.session(session))?.expiresMs, first.expiresMs)
    opened.advance(2 * hour)
    const moved = await catalogue.session(session)
    assert(moved!.expiresMs >= first.expiresMs + 2 * hour)
    opened.advance(2 * hour)
    assert(await catalogue.session(session))
    opened.advance(3 * hour + 1)
    assert.equal(await catalogue.session(session), undefined)
  },

  async 'a session ends when it is removed'(scene) {
    const { catalogue, account } = scene
    const session = scene.id()
    const tried = { name: 'ada', source: 'here' }
    const macKey = scene.bytes(32)
    await catalogue.createSession({ session, account, macKey, tried, lifeMs: hour })
    await catalogue.removeSession(session)
    await catalogue.removeSession(session)
    assert.equal(await catalogue.session(session), undefined)
    await assert.rejects(
      catalogue.createSession({ session, account: scene.id(), macKey, tried, lifeMs: hour }),
      { code: 'NOT_FOUND' },
    )
  },

  async 'vaults belong to their members'(scene) {
    const { catalogue, account } = scene
    const request = scene.newVault(account)
    assert.deepEqual(await catalogue.createVault(request), { kind: 'created' })
    assert.deepEqual(await catalogue.createVault(request), { kind: 'created' })
    const row = await catalogue.vault({ vault: request.vault, account })
    const { account: owner, ...rest } = request
    assert.deepEqual({ ...row, h: undefined }, { ...rest, owner, n: 0, h: undefined })
    const ids = (await catalogue.vaultsOf(account)).map((each) => each.vault)
    assert.deepEqual(ids, [scene.vault, request.vault].toSorted())
    const other = scene.newAccount(`eve-${scene.name}`)
    await catalogue.createAccount(other)
    assert.equal(await catalogue.vault({ vault: request.vault, account: other.account }), undefined)
    const stolen = scene.newVault(other.account, request.vault)
    assert.deepEqual(await catalogue.createVault(stolen), { kind: 'exists' })
    await assert.rejects(catalogue.createVault(scene.newVault(scene.id())), { code: 'NOT_FOUND' })
  },

  async 'a vault name is taken once, by each account'(scene) {
    const { catalogue, account } = scene
    const request = scene.newVault(account)
    await catalogue.createVault(request)
    const same = { ...scene.newVault(account), nameTag: request.nameTag }
    assert.deepEqual(await catalogue.createVault(same), { kind: 'exists' })
    const both = { ...scene.newVault(account), nameTag: scene.bytes(32) }
    const twins = [both, { ...scene.newVault(account), nameTag: both.nameTag }]
    const answers = await Promise.all(twins.map((each) => catalogue.createVault(each)))
    assert.deepEqual(answers.map((each) => each.kind).toSorted(), ['created', 'exists'])
  },

  async 'an account has a limited number of vaults'(scene) {
    const { catalogue, account } = scene
    const more = Array.from({ length: limits.vaultsPerAccountMax }, () => scene.newVault(account))
    const answers = await Promise.all(more.map((each) => catalogue.createVault(each)))
    assert.equal(answers.filter((each) => each.kind === 'created').length, more.length - 1)
    assert.deepEqual(answers.at(-1), { kind: 'too-many' })
  },

  async 'nodes are added, changed and left out, never removed'(scene) {
    const { catalogue, nodes } = scene
    const own = new Set(nodes.map((node) => node.node))
    const rows = (await catalogue.nodes()).filter((row) => own.has(row.node))
    assert.deepEqual(
      rows,
      nodes.map((node) => ({
        ...node,
        state: 'active',
        storeId: undefined,
        lastRecord: 0,
        quarantine: undefined,
      })),
    )
    const moved = { ...nodes[1]!, address: '10.0.0.2:1', zone: 'attic' }
    const added = { ...nodes[0]!, node: scene.id(), name: 'new' }
    await catalogue.nodeSeen({ node: moved.node, storeId: scene.id(), lastRecord: 7 })
    const pack = scene.pack([scene.chunk()])
    await scene.registered([pack])
    const states = async () =>
      (await catalogue.packPlaces([pack.pack]))[0]?.shards.map(({ state }) => state)
    await catalogue.configureNodes([moved, added])
    const now = new Map((await catalogue.nodes()).map((row) => [row.node, row]))
    assert.equal(now.get(moved.node)?.address, '10.0.0.2:1')
    assert.equal(now.get(moved.node)?.zone, 'attic')
    assert.equal(now.get(added.node)?.name, 'new')
    for (const node of own) {
      assert.equal(now.get(node)?.state, node === moved.node ? 'active' : 'evicted')
    }
    assert.deepEqual(await states(), ['durable', 'durable', 'durable', 'durable'])
    await catalogue.configureNodes(nodes)
    const back = await catalogue.nodes()
    for (const row of back) if (own.has(row.node)) assert.equal(row.state, 'active')
    assert.equal(back.find(({ node }) => node === added.node)?.state, 'evicted')
    assert.deepEqual(await states(), ['unknown', 'durable', 'unknown', 'unknown'])
  },
}
