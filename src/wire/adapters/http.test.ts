import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { utf8, utf8ToText } from '../../base/bytes.ts'
import { hasCode } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import { silentLogger } from '../../base/logger.ts'
import { createNativePrimitives } from '../../core/adapters/native-primitives.ts'
import type { ControlHandler, ControlHttpRequest, ControlTransport } from '../transport.ts'
import { createHttpTransport } from './http-client.ts'
import { serveHttp } from './http-server.ts'
import { tlsServerOptions } from './tls.ts'

const echo: ControlHandler = ({ path, body }) =>
  Promise.resolve({ status: 200, headers: { 'x-holdfast-mac': path }, body })

async function serve(t: TestContext, handler: ControlHandler = echo): Promise<string> {
  const server = await serveHttp(handler, { address: '127.0.0.1:0', logger: silentLogger })
  t.after(() => server.close())
  return server.address
}

function transportTo(t: TestContext, address: string): ControlTransport {
  const transport = createHttpTransport({ address })
  t.after(() => transport.close())
  return transport
}

const patience = { timeoutMs: 5000 }

/** What a raw connection is answered until it ends. */
function rawAnswer(address: string, text: string): Promise<string> {
  const port = Number(address.split(':')[1])
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.on('data', (block) => (answer += block.toString()))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

await test('a request and its answer travel whole, many at once', async (t) => {
  const seen: ControlHttpRequest[] = []
  const transport = transportTo(
    t,
    await serve(t, (request) => {
      seen.push(request)
      return echo(request)
    }),
  )
  const bodies = Array.from({ length: 40 }, (_, at) => utf8(`{"at":${at}}`.repeat(at * 100)))
  const answers = await Promise.all(
    bodies.map((body) =>
      transport.send({ path: '/v1/x', headers: { 'x-holdfast-time': '5' }, body }, patience),
    ),
  )
  assert.deepEqual(
    answers.map(({ body }) => utf8ToText(body)),
    bodies.map(utf8ToText),
  )
  assert.equal(answers[0]?.headers['x-holdfast-mac'], '/v1/x')
  assert.deepEqual(seen[0]?.headers, { 'x-holdfast-time': '5' })
  assert.equal(seen[0]?.source, '127.0.0.1')
})

await test('health is told without a handler', async (t) => {
  const address = await serve(t)
  const answer = await fetch(`http://${address}/health`)
  assert.equal(answer.status, 200)
  await answer.text()
})

await test('a port in use is PORT_IN_USE', async (t) => {
  const address = await serve(t)
  await assert.rejects(serveHttp(echo, { address, logger: silentLogger }), (error) =>
    hasCode(error, 'PORT_IN_USE'),
  )
})

await test('not reached, lost on the way and too late are told apart', async (t) => {
  const unused = await serveHttp(echo, { address: '127.0.0.1:0', logger: silentLogger })
  await unused.close()
  const message = { path: '/v1/x', headers: {}, body: new Uint8Array(0) }
  await assert.rejects(transportTo(t, unused.address).send(message, patience), (error) =>
    hasCode(error, 'COORDINATOR_UNREACHABLE'),
  )
  const cutting = createServer((socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => cutting.listen(0, '127.0.0.1', resolve))
  t.after(() => cutting.close())
  const cut = `127.0.0.1:${(cutting.address() as AddressInfo).port}`
  await assert.rejects(transportTo(t, cut).send(message, patience), (error) =>
    hasCode(error, 'CONNECTION_LOST'),
  )
  const silent = transportTo(t, await serve(t, () => new Promise(() => {})))
  await assert.rejects(silent.send(message, { timeoutMs: 50 }), (error) =>
    hasCode(error, 'TIMED_OUT'),
  )
})

await test('who speaks plainly to a coordinator with TLS is told what to set', async (t) => {
  const server = await serveHttp(echo, {
    address: '127.0.0.1:0',
    logger: silentLogger,
    tls: tlsServerOptions(new Uint8Array(32).fill(1)),
  })
  t.after(() => server.close())
  const message = { path: '/v1/x', headers: {}, body: new Uint8Array(0) }
  await assert.rejects(transportTo(t, server.address).send(message, patience), (error) => {
    assert.ok(hasCode(error, 'CONNECTION_LOST'))
    assert.match(error.hint, /speaks TLS: set grid\.tls/)
    return true
  })
})

await test('a signal ends a request with its reason', async (t) => {
  const transport = transportTo(t, await serve(t, () => new Promise(() => {})))
  const stop = new AbortController()
  const asked = transport.send(
    { path: '/v1/x', headers: {}, body: new Uint8Array(0) },
    { ...patience, signal: stop.signal },
  )
  const reason = new Error('enough')
  setImmediate(() => stop.abort(reason))
  await assert.rejects(asked, (error) => error === reason)
})

await test('an answer that ends early is CONNECTION_LOST', async (t) => {
  const half = createServer((socket) => {
    socket.once('data', () => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')
    })
  })
  await new Promise<void>((resolve) => half.listen(0, '127.0.0.1', resolve))
  t.after(() => half.close())
  const transport = transportTo(t, `127.0.0.1:${(half.address() as AddressInfo).port}`)
  await assert.rejects(
    transport.send({ path: '/v1/x', headers: {}, body: new Uint8Array(0) }, patience),
    (error) => hasCode(error, 'CONNECTION_LOST'),
  )
})

await test('garbage is refused, and the server goes on', async (t) => {
  const address = await serve(t)
  const post = 'POST /v1/x HTTP/1.1\r\nhost: x\r\n'
  const tooLarge = limits.controlBodyBytesMax + 1
  const cases: [sent: string, wanted: RegExp][] = [
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1.1 400/],
    ['GET / HTTP/9.9\r\n\r\n', /^HTTP\/1.1 400/],
    [`${post}x: ${'y'.repeat(limits.controlHeaderBytesMax)}\r\n\r\n`, /^HTTP\/1.1 431/],
    [`${post}content-length: -1\r\n\r\n`, /^HTTP\/1.1 400/],
    [`${post}content-length: ${tooLarge}\r\n\r\n`, /^HTTP\/1.1 413.*OVER_LIMIT/s],
    [`${post}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, /MALFORMED/],
    [`${post}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n`, /^HTTP\/1.1 400/],
    ['PUT /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n', /^HTTP\/1.1 404/],
  ]
  for (const [sent, wanted] of cases) assert.match(await rawAnswer(address, sent), wanted)
  const transport = transportTo(t, address)
  const answer = await transport.send({ path: '/v1/x', headers: {}, body: utf8('{}') }, patience)
  assert.equal(answer.status, 200)
})

await test('a pipelining sender is cut off', async (t) => {
  const address = await serve(t, () => new Promise(() => {}))
  const post = 'POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'
  assert.equal(await rawAnswer(address, post + post), '')
})

await test('large bodies that are not finished never keep small requests out', async (t) => {
  const address = await serve(t)
  const port = Number(address.split(':')[1])
  const block = Buffer.alloc(limits.controlBodyBytesMax - 1)
  const stalled = Array.from({ length: 9 }, () => {
    const sender = httpRequest({ port, host: '127.0.0.1', path: '/v1/x', method: 'POST' })
    sender.setHeader('content-length', limits.controlBodyBytesMax)
    const refused = new Promise<number>((resolve) => {
      sender.on('response', (response) => resolve(response.statusCode ?? 0))
      sender.on('error', () => resolve(0))
    })
    sender.write(block)
    return { sender, refused }
  })
  const [first] = await Promise.race(
    stalled.map(({ refused }) => refused.then((status) => [status])),
  )
  assert.ok(first === 503 || first === 0)
  const transport = transportTo(t, address)
  const small = await transport.send({ path: '/v1/x', headers: {}, body: utf8('{}') }, patience)
  assert.equal(small.status, 200)
  for (const { sender } of stalled) sender.destroy()
})

await test('over TLS nothing is sent to any but the pinned identity', async (t) => {
  const primitives = createNativePrimitives()
  const [seed, otherSeed] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  let handled = 0
  const counting: ControlHandler = (request) => {
    handled += 1
    return echo(request)
  }
  const tls = tlsServerOptions(seed)
  const server = await serveHttp(counting, { address: '127.0.0.1:0', tls, logger: silentLogger })
  t.after(() => server.close())
  const { address } = server
  const message = { path: '/v1/x', headers: {}, body: utf8('{}') }
  const right = createHttpTransport({ address, identity: primitives.signingPublicKey(seed) })
  t.after(() => right.close())
  for (let again = 0; again < 3; again += 1) {
    assert.equal((await right.send(message, patience)).status, 200)
  }
  const wrong = createHttpTransport({ address, identity: primitives.signingPublicKey(otherSeed) })
  t.after(() => wrong.close())
  await assert.rejects(wrong.send(message, patience), (error) =>
    hasCode(error, 'IDENTITY_MISMATCH'),
  )
  await assert.rejects(transportTo(t, address).send(message, patience), (error) =>
    hasCode(error, 'CONNECTION_LOST'),
  )
  assert.equal(handled, 3)
})
