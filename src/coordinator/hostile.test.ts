/** Every message in hostile shapes: refused with a code, never a defect, and the coordinator goes on. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { toHex, utf8, utf8ToText } from '../base/bytes.ts'
import type { LogFields } from '../base/logger.ts'
import { CoordinatorWorld } from '../testing/coordinator/coordinator-world.ts'
import { TestAccount } from '../testing/coordinator/test-account.ts'
import { makeCommit, putFile, writePack } from '../testing/coordinator/test-writer.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { controlHeaders } from '../wire/control-auth.ts'
import { controlPath } from '../wire/control-codec.ts'
import {
  nodeProver,
  sessionProver,
  type ControlSession,
  type Prover,
} from '../wire/control-provers.ts'
import { controlMessages, type ControlName } from '../wire/control.ts'
import type { ControlHttpAnswer } from '../wire/transport.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const names = Object.keys(controlMessages) as ControlName[]
let world: CoordinatorWorld
let ada: TestAccount
let provers: Record<'open' | 'session' | 'node', Prover>
const samples = new Map<ControlName, Json>()
const defects: LogFields[] = []

/** Sends every message once, as clients and nodes do, and keeps the bodies. */
async function collectSamples(): Promise<void> {
  const { handle } = world.coordinator
  world.coordinator = {
    ...world.coordinator,
    handle(request) {
      const name = request.path.slice(4) as ControlName
      if (!samples.has(name)) samples.set(name, JSON.parse(utf8ToText(request.body)) as Json)
      return handle(request)
    },
  }
  await useEverything()
  world.coordinator = { ...world.coordinator, handle }
}

async function useEverything(): Promise<void> {
  ada = await TestAccount.enter(world, 'ada')
  const { client, home: vault } = ada
  const newId = (): string => toHex(world.random.bytes(16))
  const [upload, node] = [newId(), world.nodes[0]!]
  for (const name of ['grid', 'whoami', 'cluster', 'vaults'] as const) await client.call(name, {})
  await client.call('ticket', { vault, rights: 3, sessionKey: new Uint8Array(32) })
  await client.call('vault/create', ada.newVault(newId()))
  await client.call('upload/open', { upload, vault })
  const { ids, message } = await writePack(ada)
  await client.call('known', { vault, ids })
  await client.call('packs/register', { upload, vault, packs: [message] })
  const shards = message.shards.map((shard) => ({ ...shard, pack: message.pack, generation: 1 }))
  await client.call('shards/add', { vault, shards })
  const suspects = shards.map(({ pack, index, generation }) => ({ pack, index, generation }))
  await client.call('shards/suspect', { vault, shards: suspects })
  const staged = makeCommit(ada, { ids, upload })
  const { pages } = staged.request.operations[0]!
  await client.call('pages/stage', { upload, vault, version: newId(), pages: [...pages] })
  const { operation } = await putFile(ada)
  const version = toHex(operation.version)
  await client.call('feed', { vault, after: 0 })
  await client.call('lookup', { vault, versions: [{ version, from: 0 }] })
  await client.call('health', { vault, versions: [version] })
  await client.call('vault/health', { vault })
  await client.call('purge', { vault, entries: [toHex(operation.entry)] })
  await client.call('upload/close', { upload })
  await world.heartbeat(node)
}

before(async () => {
  world = await CoordinatorWorld.start({
    limits: { sessionRequestsMax: 1e6 },
    logger: { debug() {}, info() {}, warn() {}, error: (_, fields) => defects.push(fields ?? {}) },
  })
  await world.run(collectSamples())
  const session: ControlSession = await world.run(ada.newSession())
  await world.scheduler.advance(10)
  const { primitives, random } = world
  const proving = { primitives, random, timeMs: () => world.clock.nowMs() }
  const [node] = world.nodes
  const coordinatorKey = world.coordinator.publicKey
  provers = {
    open: () => ({ headers: {}, check() {} }),
    session: sessionProver(proving, session),
    node: nodeProver(proving, { node: node!.node, seed: node!.seed, coordinatorKey }),
  }
})

async function send(name: ControlName, body: Uint8Array): Promise<ControlHttpAnswer> {
  const path = controlPath(name)
  const { headers } = provers[controlMessages[name].auth]({ path, body })
  // Log-ins are slowed down per source: from here, each comes from elsewhere.
  const source = toHex(world.random.bytes(4))
  return world.run(world.coordinator.handle({ path, headers, body, source }))
}

function codeOf({ body }: ControlHttpAnswer): string | undefined {
  return (JSON.parse(utf8ToText(body)) as { error?: { code: string } }).error?.code
}

await test('every message has a sample', () => {
  assert.deepEqual(
    [...samples.keys()].filter((name) => name !== 'logout').toSorted(),
    names.filter((name) => name !== 'logout').toSorted(),
  )
  samples.set('logout', {})
})

await test('bodies cut at any length, and no JSON at all, are MALFORMED', async () => {
  for (const name of names) {
    if (name === 'logout') continue
    const whole = utf8(JSON.stringify(samples.get(name)))
    const step = Math.max(1, Math.floor(whole.length / 60))
    for (let length = 0; length < whole.length; length += step) {
      assert.equal(codeOf(await send(name, whole.subarray(0, length))), 'MALFORMED', name)
    }
    for (const text of ['null', '[]', '0', '"x"', 'true', '\u0000', '{"__proto__":1}']) {
      const code = codeOf(await send(name, utf8(text)))
      assert.ok(code === 'MALFORMED' || code === undefined, `${name} ${text}: ${code}`)
    }
    assert.equal(codeOf(await send(name, new Uint8Array([0xff, 0xfe, 0x00]))), 'MALFORMED')
  }
})

const strange: Json[] = [
  null,
  true,
  -1,
  0,
  1.5,
  2 ** 53,
  1e308,
  '',
  'x',
  '0'.repeat(32),
  'é'.repeat(100),
  '\u0000\ud800',
  'A'.repeat(100_000),
  [],
  {},
  [[[[]]]],
  Array.from({ length: 5000 }, () => null),
  Array.from({ length: 5000 }, () => '0'.repeat(32)),
]

/** The same JSON with one place changed, chosen by the seed. */
function mutate(json: Json, random: SeededRandom): Json {
  if (json === null || typeof json !== 'object' || random.chance(0.15)) return random.pick(strange)
  if (Array.isArray(json)) {
    if (json.length === 0) return [random.pick(strange)]
    const at = random.between(0, json.length - 1)
    const whim = random.fraction()
    if (whim < 0.15) return json.toSpliced(at, 1)
    if (whim < 0.3) return [...json, json[at]!]
    return json.with(at, mutate(json[at]!, random))
  }
  const keys = Object.keys(json)
  if (keys.length === 0 || random.chance(0.1)) return { ...json, extra: random.pick(strange) }
  const key = random.pick(keys)
  const { [key]: value, ...rest } = json
  return random.chance(0.15) ? rest : { ...rest, [key]: mutate(value!, random) }
}

await test('anything changed in any message is refused with a code or done, never a defect', async () => {
  const random = new SeededRandom(20_261_121)
  const statuses = new Map<number, number>()
  for (const name of names) {
    if (name === 'logout') continue
    for (let round = 0; round < 80; round += 1) {
      let json: Json = mutate(samples.get(name) ?? {}, random)
      if (random.chance(0.5)) json = mutate(json, random)
      const { status, body } = await send(name, utf8(JSON.stringify(json)))
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      assert.notEqual(status, 500, `${name}: ${utf8ToText(body)}`)
    }
  }
  assert.deepEqual(defects, [])
  assert.ok((statuses.get(400) ?? 0) > 150, 'most of it is refused as malformed')
})

await test('paths that name nothing are refused', async () => {
  const paths = [
    '',
    '/',
    '/v1/',
    '/v1/nothing',
    '/v2/grid',
    '/v1/grid/',
    '/v1/../v1/grid',
    '/v1/__proto__',
    '/v1/constructor',
    '/v1/toString',
  ]
  for (const path of paths) {
    const request = { path, headers: {}, body: utf8('{}'), source: 'x' }
    const answer = await world.run(world.coordinator.handle(request))
    assert.equal(codeOf(answer), 'VERSION_UNSUPPORTED')
  }
})

await test('a message without session is refused by its size before it is read', async () => {
  const body = utf8(' '.repeat(256 * 1024 + 1))
  assert.equal(codeOf(await send('grid', body)), 'OVER_LIMIT')
})

await test('after all that it serves as before', async () => {
  const { client } = ada
  client.useSession(await world.run(ada.newSession()))
  await world.run(putFile(ada))
  await world.scheduler.advance(10)
  await world.run(world.heartbeats())
  await world.run(world.settle())
  const headers = { [controlHeaders.session]: 'x' }
  const request = { path: '/v1/whoami', headers, body: utf8('{}'), source: 'x' }
  assert.equal(codeOf(await world.run(world.coordinator.handle(request))), 'NOT_LOGGED_IN')
})
