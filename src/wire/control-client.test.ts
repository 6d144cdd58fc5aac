import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex, utf8ToText } from '../base/bytes.ts'
import { errorKinds, hasCode, HoldfastError, type ErrorCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { createNativePrimitives } from '../core/adapters/native-primitives.ts'
import { Scheduler } from '../testing/simulation/scheduler.ts'
import { SeededRandom } from '../testing/simulation/seeded-random.ts'
import { answerMac, controlHeaders, headerBytes, nodeAnswerText } from './control-auth.ts'
import { createControlClient, type ControlClient } from './control-client.ts'
import { encodeAnswer, encodeError } from './control-codec.ts'
import type { ControlHttpAnswer, ControlTransport } from './transport.ts'

type Sent = Parameters<ControlTransport['send']>[0]
type Answering = (sent: Sent, tries: number) => ControlHttpAnswer | HoldfastError

const primitives = createNativePrimitives()
const macKey = new Uint8Array(32).fill(7)
const session = { session: 'ab'.repeat(16), macKey }
const coordinatorSeed = new Uint8Array(32).fill(3)
const node = {
  node: 'cd'.repeat(16),
  seed: new Uint8Array(32).fill(4),
  coordinatorKey: primitives.signingPublicKey(coordinatorSeed),
}

interface World {
  readonly client: ControlClient
  readonly scheduler: Scheduler
  readonly sent: Sent[]
  readonly run: <Value>(work: Promise<Value>) => Promise<Value>
}

function world(answering: Answering): World {
  const random = new SeededRandom(1)
  const scheduler = new Scheduler(random)
  const sent: Sent[] = []
  const transport: ControlTransport = {
    send(request) {
      sent.push(request)
      const answer = answering(request, sent.length)
      return answer instanceof HoldfastError ? Promise.reject(answer) : Promise.resolve(answer)
    },
    close() {},
  }
  const clock = scheduler.clock()
  const client = createControlClient({ transport, clock, random, primitives, session, node })
  return { client, scheduler, sent, run: (work) => scheduler.run(work, { timeMaxMs: 100_000 }) }
}

function proven(sent: Sent, status: number, body: Uint8Array): ControlHttpAnswer {
  const requestId = headerBytes(sent.headers[controlHeaders.request], 16)!
  const mac = answerMac(primitives, macKey, { requestId, status, body })
  return { status, headers: { [controlHeaders.mac]: toHex(mac) }, body }
}

function refused(sent: Sent, code: ErrorCode, details = {}): ControlHttpAnswer {
  const error = new HoldfastError(code, 'no', { details })
  return proven(sent, errorKinds[code].status, encodeError(error))
}

const known = encodeAnswer('upload/open', { expiresMs: 5 })
const upload = { upload: '00'.repeat(16), vault: '11'.repeat(16) }

await test('a proven answer is taken, and what was sent is the message', async () => {
  const { client, run, sent } = world((request) => proven(request, 200, known))
  assert.deepEqual(await run(client.call('upload/open', upload)), { expiresMs: 5 })
  assert.equal(sent[0]?.path, '/v1/upload/open')
  assert.deepEqual(JSON.parse(utf8ToText(sent[0].body)), upload)
})

await test('no answer is taken whose proof is of another request, status or body', async () => {
  const id = new Uint8Array(16)
  const cases: Answering[] = [
    () => ({ status: 200, headers: {}, body: known }),
    (request) => ({
      ...proven(request, 200, known),
      body: encodeAnswer('upload/open', { expiresMs: 6 }),
    }),
    (request) => ({ ...proven(request, 409, known), status: 200 }),
    () => {
      const mac = answerMac(primitives, macKey, { requestId: id, status: 200, body: known })
      return { status: 200, headers: { [controlHeaders.mac]: toHex(mac) }, body: known }
    },
    () => ({ status: 409, headers: {}, body: encodeError(new HoldfastError('CHANGED', 'no')) }),
    () => ({ status: 500, headers: {}, body: known }),
  ]
  for (const answering of cases) {
    const { client, run } = world(answering)
    await assert.rejects(run(client.call('upload/open', upload)), (error) =>
      ['IDENTITY_MISMATCH', 'CONNECTION_LOST'].some((code) => hasCode(error, code as ErrorCode)),
    )
  }
})

function refusing(body: Uint8Array): World {
  return world(() => ({ status: 429, headers: {}, body }))
}

await test('a refusal whose bytes were changed on the way is asked for again', async () => {
  const whole = encodeError(new HoldfastError('TRY_LATER', 'no'))
  const damaged = whole.with(0, whole[0]! ^ 1)
  const login = { name: 'ada', startRequest: 'AAAA' }
  const { client, run, sent } = refusing(damaged)
  await assert.rejects(run(client.call('login/start', login)), (error) =>
    hasCode(error, 'CONNECTION_LOST'),
  )
  assert.equal(sent.length, limits.controlTriesMax)
  const honest = refusing(whole)
  await assert.rejects(honest.run(honest.client.call('login/start', login)), (error) =>
    hasCode(error, 'TRY_LATER'),
  )
})

await test('an unproven refusal loses its details', async () => {
  const { client, run, sent } = world(() => ({
    status: 401,
    headers: {},
    body: encodeError(new HoldfastError('NOT_LOGGED_IN', 'no', { details: { timeMs: 5 } })),
  }))
  await assert.rejects(run(client.call('upload/open', upload)), (error) => {
    assert.ok(hasCode(error, 'NOT_LOGGED_IN'))
    assert.deepEqual(error.details, {})
    return true
  })
  assert.equal(sent.length, 1)
})

await test('a refused time is learned, once', async () => {
  const timeMs = Date.UTC(2030, 0, 1)
  const { client, run, sent } = world((request, tries) =>
    tries === 1 ? refused(request, 'NOT_LOGGED_IN', { timeMs }) : proven(request, 200, known),
  )
  await run(client.call('upload/open', upload))
  assert.equal(sent[1]?.headers[controlHeaders.time], String(timeMs))
  const stubborn = world((request) => refused(request, 'NOT_LOGGED_IN', { timeMs }))
  await assert.rejects(stubborn.run(stubborn.client.call('upload/open', upload)))
  assert.equal(stubborn.sent.length, 2)
})

await test('lost connections are asked again with another id, a bounded number of times', async () => {
  const lost = new HoldfastError('CONNECTION_LOST', 'gone')
  const { client, run, sent, scheduler } = world((request, tries) =>
    tries < 4 ? lost : proven(request, 200, known),
  )
  await run(client.call('upload/open', upload))
  assert.equal(new Set(sent.map(({ headers }) => headers[controlHeaders.request])).size, 4)
  assert.ok(scheduler.nowMs >= 350 && scheduler.nowMs <= 700, `${scheduler.nowMs} ms`)
  const dead = world(() => new HoldfastError('COORDINATOR_UNREACHABLE', 'gone'))
  await assert.rejects(dead.run(dead.client.call('grid', {})), (error) =>
    hasCode(error, 'COORDINATOR_UNREACHABLE'),
  )
  assert.equal(dead.sent.length, 6)
})

await test('what was refused, and what took too long, is not asked again', async () => {
  for (const code of ['CHANGED', 'TIMED_OUT', 'TRY_LATER'] as const) {
    const { client, run, sent } = world((request) => refused(request, code))
    await assert.rejects(run(client.call('upload/open', upload)), (error) => hasCode(error, code))
    assert.equal(sent.length, 1)
  }
})

await test('a message that needs a session says so', async () => {
  const { client, sent } = world((request) => proven(request, 200, known))
  client.useSession(undefined)
  await assert.rejects(client.call('whoami', {}), (error) => hasCode(error, 'NOT_LOGGED_IN'))
  assert.equal(sent.length, 0)
})

const beat = {
  node: node.node,
  storeId: '22'.repeat(16),
  lastRecord: 1,
  store: 'serving' as const,
  usedBytes: 1,
  freeBytes: 1,
  shards: 1,
  pid: 1,
  term: 1,
}

await test("a node's requests are signed, their times rise, and answers must be the coordinator's", async () => {
  const answer = encodeAnswer('heartbeat', { timeMs: Date.UTC(2026, 0, 1), term: 1 })
  const signed = (request: Sent, seed: Uint8Array): ControlHttpAnswer => {
    const timeMs = Number(request.headers[controlHeaders.time])
    const text = nodeAnswerText(primitives, {
      node: headerBytes(node.node, 16)!,
      timeMs,
      status: 200,
      body: answer,
    })
    const signature = toHex(primitives.sign(seed, text))
    return { status: 200, headers: { [controlHeaders.signature]: signature }, body: answer }
  }
  const { client, run, sent } = world((request) => signed(request, coordinatorSeed))
  await run(client.call('heartbeat', beat))
  await run(client.call('heartbeat', beat))
  const times = sent.map(({ headers }) => Number(headers[controlHeaders.time]))
  assert.ok(times[1]! > times[0]!)
  const forged = world((request) => signed(request, node.seed))
  await assert.rejects(forged.run(forged.client.call('heartbeat', beat)), (error) =>
    hasCode(error, 'IDENTITY_MISMATCH'),
  )
})

await test('an answer that is not the message is MALFORMED', async () => {
  const bodies = ['', '{', '[]', '{"expiresMs":-1}', '{"expiresMs":"5"}', 'null']
  for (const text of bodies) {
    const { client, run } = world((request) => proven(request, 200, Buffer.from(text)))
    await assert.rejects(run(client.call('upload/open', upload)), (error) =>
      hasCode(error, 'MALFORMED'),
    )
  }
})

await test('a wrong clock is put right once, also when tries failed before', async () => {
  const { client, run, sent } = world((request, tries) => {
    if (tries === 1) return new HoldfastError('CONNECTION_LOST', 'gone')
    if (tries === 2) return refused(request, 'NOT_LOGGED_IN', { timeMs: 5_000_000 })
    return proven(request, 200, known)
  })
  assert.deepEqual(await run(client.call('upload/open', upload)), { expiresMs: 5 })
  assert.equal(sent.length, 3)
})

await test('putting the clock right is no try: what is asked once only is asked again for it', async () => {
  const { client, run, sent } = world((request, tries) =>
    tries === 1
      ? refused(request, 'NOT_LOGGED_IN', { timeMs: 5_000_000 })
      : proven(request, 200, known),
  )
  const asked = client.call('upload/open', upload, { triesMax: 1 })
  assert.deepEqual(await run(asked), { expiresMs: 5 })
  assert.equal(sent.length, 2)
})
