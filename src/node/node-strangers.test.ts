/** Who a node does not keep connected: strangers, liars, those who stall or flood. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes } from '../base/bytes.ts'
import { sleep } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { Connection } from '../base/network.ts'
import { check, rejects } from '../testing/node/checks.ts'
import { addressOf, bodyOf, client, overSockets } from '../testing/node/node-grid.ts'
import type { NodeGrid, SimulatedNodeGrid } from '../testing/node/node-grid.ts'
import { encodeMessage } from '../wire/frame.ts'
import { frameTypes } from '../wire/frame-types.ts'
import { openLink } from '../wire/opening.ts'
import type { OpenedLink } from '../wire/opening.ts'
import { encodePut } from '../wire/requests.ts'
import { connectShardClient } from '../wire/connect-shard-client.ts'

function endOf(connection: Connection): Promise<unknown> {
  connection.onBytes(() => {})
  return new Promise((resolve) => connection.onClose(resolve))
}

async function rawConnection(grid: SimulatedNodeGrid): Promise<Connection> {
  return grid.world.network.connect(grid.node.address, { timeoutMs: 1000 })
}

/** A proven connection with nothing above it. */
async function rawLink(grid: SimulatedNodeGrid): Promise<OpenedLink & { ended: Promise<unknown> }> {
  const options = { identity: grid.node.publicKey, opener: client }
  const opened = await openLink(grid.world, await rawConnection(grid), options)
  const ended = new Promise((resolve) => {
    opened.receive({ message: () => {}, body: () => {}, closed: resolve })
  })
  return { ...opened, ended }
}

describe('a node ends connections', () => {
  check('that do not finish the handshake', async (grid) => {
    const silent = endOf(await rawConnection(grid))
    const startMs = grid.clock.monotonicMs()
    await silent
    assert.ok(grid.clock.monotonicMs() - startMs < limits.handshakeMs + 100)
  })

  check('that speak something else', async (grid) => {
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03............',
    ]) {
      const connection = await rawConnection(grid)
      const end = endOf(connection)
      connection.write([Uint8Array.from(text, (letter) => letter.charCodeAt(0))])
      await end
    }
    for (let seed = 0; seed < 50; seed += 1) {
      const connection = await rawConnection(grid)
      const end = endOf(connection)
      connection.write([grid.random.bytes(40)])
      await end
    }
  })

  check('of versions it does not know, and says so', async (grid) => {
    for (const [lowest, highest] of [
      [2, 3],
      [0, 0],
    ] as const) {
      const connection = await rawConnection(grid)
      const got: Uint8Array[] = []
      connection.onBytes((bytes) => got.push(bytes.slice()))
      const end = new Promise((resolve) => connection.onClose(resolve))
      const payload = concatBytes([
        new TextEncoder().encode('HFSP'),
        Uint8Array.of(lowest, 0, highest, 0),
        new Uint8Array(32),
      ])
      connection.write([encodeMessage({ requestId: 0, type: frameTypes.hello, payload })])
      await end
      assert.match(new TextDecoder().decode(concatBytes(got)), /VERSION_UNSUPPORTED/)
    }
  })

  check('that send frames out of turn', async (grid) => {
    const none = new Uint8Array(0)
    const shard = grid.shard(640_000)
    const put = encodePut({ ...shard, bodyBytes: 640_128 })
    const wrong = [
      [{ requestId: 0, type: frameTypes.status, payload: none }],
      [
        { requestId: 5, type: 80, payload: none },
        { requestId: 5, type: 80, payload: none },
      ],
      [
        { requestId: 5, type: 80, payload: none },
        { requestId: 4, type: 80, payload: none },
      ],
      [{ requestId: 1, type: frameTypes.put, payload: put.subarray(1) }],
      [{ requestId: 1, type: frameTypes.status, payload: Uint8Array.of(1) }],
    ]
    for (const messages of wrong) {
      const { link, ended } = await rawLink(grid)
      for (const message of messages) link.outbox.send(message)
      await ended
    }
    for (const body of [new Uint8Array(1000), new Uint8Array(limits.bodyFrameBytesMax)]) {
      const { link, ended } = await rawLink(grid)
      link.outbox.send({ requestId: 1, type: frameTypes.put, payload: put })
      void Promise.allSettled([link.outbox.sendBody(1, [body], { last: true })])
      await ended
    }
  })

  check('with more requests than it said it takes', async (grid) => {
    const { link, ended } = await rawLink(grid)
    const payload = encodePut({ ...grid.shard(64), bodyBytes: 1000 })
    for (let requestId = 1; requestId <= 200; requestId += 1) {
      link.outbox.send({ requestId, type: frameTypes.put, payload })
    }
    await ended
  })

  check(
    'whose body does not advance, and gives their memory to others',
    async (grid) => {
      const shard = grid.shard(640_000)
      const slow = await rawLink(grid)
      slow.link.outbox.send({
        requestId: 1,
        type: frameTypes.ticket,
        payload: grid.ticket(shard.vault),
      })
      const payload = encodePut({ ...shard, bodyBytes: 640_128 })
      slow.link.outbox.send({ requestId: 2, type: frameTypes.put, payload })
      await sleep(grid.clock, 10)
      void Promise.allSettled([slow.link.outbox.sendBody(2, [shard.header], { last: false })])
      const writer = await grid.admitted(shard.vault)
      const startMs = grid.clock.monotonicMs()
      await writer.put(addressOf(shard), { ...bodyOf(shard), stallMs: 120_000 })
      assert.ok(grid.clock.monotonicMs() - startMs > limits.bodyStallMs - 1000)
      await slow.ended
    },
    { receiveBytesMax: 700_000 },
  )

  check('that take nothing of what they asked for', async (grid) => {
    const shard = grid.shard(9_600_000)
    const reader = await grid.admitted(shard.vault)
    await reader.put(addressOf(shard), bodyOf(shard))
    grid.network.cut('node', 'client')
    const into = new Uint8Array(shard.content.length)
    const read = reader.read(addressOf(shard), { offset: 0, into, stallMs: 600_000 })
    await Promise.all([
      rejects(read, 'CONNECTION_LOST'),
      sleep(grid.clock, limits.sendStallMs + 3 * limits.bodyStallMs).then(() =>
        grid.network.mend('node', 'client'),
      ),
    ])
  })

  check('that are idle for long', async (grid) => {
    const idle = await grid.connect()
    await idle.closed
    assert.ok(grid.clock.monotonicMs() >= limits.connectionIdleMs)
  })

  check(
    'over its limits of connections, all together and from one address',
    async (grid) => {
      const open = [await grid.connect(), await grid.connect()]
      await rejects(grid.connect(), 'CONNECTION_LOST')
      const elsewhere = { ...grid.world, network: grid.network.host('other') }
      const third = await connectShardClient(elsewhere, { to: grid.node, opener: client })
      await rejects(
        connectShardClient(elsewhere, { to: grid.node, opener: client }),
        'CONNECTION_LOST',
      )
      open[0]!.close()
      await sleep(grid.clock, 10)
      await grid.connect()
      third.close()
    },
    { limits: { connectionsMax: 3, connectionsPerAddressMax: 2 } },
  )
})

describe('a node over sockets', () => {
  test('serves a thousand connections at once, and refuses garbage beside them', () =>
    overSockets({}, async (grid) => {
      const vault = grid.random.bytes(16)
      const ticket = grid.ticket(vault)
      const shard = grid.shard(6400, vault)
      const first = await grid.admitted(vault)
      await first.put(addressOf(shard), bodyOf(shard))
      const clients = await Promise.all(
        Array.from({ length: 1000 }, async (_, at) => {
          if (at % 10 === 0) await garbage(grid, at)
          const connected = await grid.connect()
          void Promise.allSettled([connected.present(ticket)])
          return connected
        }),
      )
      const into = new Uint8Array(100)
      await Promise.all(
        clients.map((connected) => connected.read(addressOf(shard), { offset: 0, into })),
      )
      for (const connected of [first, ...clients]) connected.close()
    }))

  test('over TLS, ends what does not speak TLS', () =>
    overSockets({ tls: 'always' }, async (grid) => {
      const { connect } = await import('node:net')
      const socket = connect(Number(grid.node.address.split(':')[1]), '127.0.0.1')
      socket.on('error', () => {})
      socket.write(Buffer.alloc(3000, 7))
      await new Promise((resolve) => socket.once('close', resolve))
      await (await grid.connect()).status()
    }))
})

async function garbage(grid: NodeGrid, seed: number): Promise<void> {
  const connection = await grid.world.network.connect(grid.node.address, { timeoutMs: 5000 })
  const end = endOf(connection)
  connection.write([new Uint8Array(500).fill(seed)])
  await end
}
