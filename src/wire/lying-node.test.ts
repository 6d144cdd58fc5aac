/** Nodes that refuse, say nothing, or lie, as the opener meets them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasCode } from '../base/errors.ts'
import type { ErrorCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import {
  addressOf,
  bodyOf,
  client,
  inSimulation,
  nodeSeed,
  primitives,
} from '../testing/node/node-grid.ts'
import type { SimulatedNodeGrid } from '../testing/node/node-grid.ts'
import { encodeMessage } from './frame.ts'
import { FrameLink } from './frame-link.ts'
import { frameTypes } from './frame-types.ts'
import { encodeWelcome } from './handshake.ts'
import { connectShardClient } from './connect-shard-client.ts'
import type { ShardClient } from './shard-client.ts'

function check(title: string, body: (grid: SimulatedNodeGrid) => Promise<void>): void {
  test(title, () => inSimulation({}, body))
}

function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(promise, (error) => {
    assert.ok(hasCode(error, code), `${code} was wanted: ${String(error)}`)
    assert.equal(error.details['node'], 'the node')
    return true
  })
}

function say(link: FrameLink, type: number, payload: Uint8Array): void {
  link.outbox.send({ requestId: 0, type, payload })
}

/** A client of a node that proves itself and then does as told with each request. */
async function lying(
  grid: SimulatedNodeGrid,
  lie: (link: FrameLink, requestId: number) => void,
): Promise<ShardClient> {
  const shape = { storeId: new Uint8Array(16), lastRecord: 0, term: 0, state: 'serving' } as const
  await grid.network.host('liar').listen('liar:1', (connection) => {
    const link: FrameLink = new FrameLink(
      connection,
      {
        message: ({ requestId, type, payload }) => {
          if (requestId > 0) lie(link, requestId)
          else if (type === frameTypes.prove) say(link, frameTypes.ready, new Uint8Array(0))
          else {
            const said = { version: 1, challenge: new Uint8Array(32), requestsMax: 4 }
            const welcome = { ...shape, ...said, publicKey: grid.node.publicKey }
            const options = { seed: nodeSeed, hello: payload }
            say(link, frameTypes.welcome, encodeWelcome(primitives, welcome, options))
          }
        },
        body: () => {},
        closed: () => {},
      },
      grid.clock,
    )
  })
  return connectShardClient(grid.world, {
    to: { ...grid.node, address: 'liar:1' },
    opener: client,
  })
}

describe('opening', () => {
  check('refuses a node that is someone else', async (grid) => {
    const to = { ...grid.node, publicKey: primitives.signingPublicKey(new Uint8Array(32)) }
    await rejects(connectShardClient(grid.world, { to, opener: client }), 'IDENTITY_MISMATCH')
  })

  check('gives up on hosts that refuse, hang, or say nothing', async (grid) => {
    grid.network.setConnects('node', 'refuse')
    await rejects(grid.connect(), 'NODE_UNREACHABLE')
    grid.network.setConnects('node', 'hang')
    await rejects(grid.connect(), 'NODE_UNREACHABLE')
    await grid.network.host('mute').listen('mute:1', () => {})
    const to = { ...grid.node, address: 'mute:1' }
    await rejects(connectShardClient(grid.world, { to, opener: client }), 'TIMED_OUT')
    const signal = AbortSignal.abort(new Error('not now'))
    await assert.rejects(connectShardClient(grid.world, { to, opener: client, signal }), /not now/)
  })

  check('refuses welcomes that are not signed for this hello, and garbage', async (grid) => {
    const replayed = encodeWelcome(
      primitives,
      {
        version: 1,
        publicKey: grid.node.publicKey,
        storeId: new Uint8Array(16),
        lastRecord: 0,
        term: 0,
        state: 'serving',
        challenge: new Uint8Array(32),
        requestsMax: 64,
      },
      { seed: nodeSeed, hello: new Uint8Array(40) },
    )
    const answers: [ErrorCode, Uint8Array][] = [
      [
        'IDENTITY_MISMATCH',
        encodeMessage({ requestId: 0, type: frameTypes.welcome, payload: replayed }),
      ],
      ['MALFORMED', new Uint8Array(100).fill(71)],
      [
        'MALFORMED',
        encodeMessage({ requestId: 0, type: frameTypes.ready, payload: new Uint8Array(0) }),
      ],
    ]
    for (const [at, [code, answer]] of answers.entries()) {
      await grid.network.host('liar').listen(`liar:${at + 1}`, (connection) => {
        connection.onBytes(() => {})
        connection.write([answer])
      })
      const to = { ...grid.node, address: `liar:${at + 1}` }
      await rejects(connectShardClient(grid.world, { to, opener: client }), code)
    }
  })
})

describe('a node that lies', () => {
  const lies: Record<string, (link: FrameLink, requestId: number) => void> = {
    'answers what was never asked': (link, requestId) =>
      link.outbox.send({
        requestId: requestId + 1,
        type: frameTypes.state,
        payload: new Uint8Array(53),
      }),
    'answers with another type': (link, requestId) =>
      link.outbox.send({ requestId, type: frameTypes.held, payload: new Uint8Array(53) }),
    'answers with a body where none was asked for': (link, requestId) =>
      void Promise.allSettled([
        link.outbox.sendBody(requestId, [new Uint8Array(9)], { last: true }),
      ]),
    'asks for a body where there is none': (link, requestId) =>
      link.outbox.send({ requestId, type: frameTypes.proceed, payload: new Uint8Array(0) }),
    'answers with half a state': (link, requestId) =>
      link.outbox.send({ requestId, type: frameTypes.state, payload: new Uint8Array(20) }),
  }
  for (const [title, lie] of Object.entries(lies)) {
    check(title, async (grid) => {
      const deceived = await lying(grid, lie)
      await assert.rejects(deceived.status(), (error) => hasCode(error, 'MALFORMED'))
    })
  }

  for (const bytes of [99, 101]) {
    check(`sends ${bytes} bytes where 100 were asked for`, async (grid) => {
      const deceived = await lying(grid, (link, requestId) => {
        const body = new Uint8Array(bytes)
        void Promise.allSettled([link.outbox.sendBody(requestId, [body], { last: true })])
      })
      const into = new Uint8Array(100)
      const read = deceived.read(addressOf(grid.shard(640)), { offset: 0, into })
      await assert.rejects(read, (error) => hasCode(error, 'MALFORMED'))
    })
  }

  check('asks for a body again and again', async (grid) => {
    const deceived = await lying(grid, (link, requestId) => {
      link.outbox.send({ requestId, type: frameTypes.proceed, payload: new Uint8Array(0) })
      link.outbox.send({ requestId, type: frameTypes.proceed, payload: new Uint8Array(0) })
    })
    const shard = grid.shard(640_000)
    await assert.rejects(deceived.put(addressOf(shard), bodyOf(shard)), (error) =>
      hasCode(error, 'MALFORMED'),
    )
  })

  check('answers nothing: what waits is bounded', async (grid) => {
    const deceived = await lying(grid, () => {})
    const waiting = Array.from({ length: limits.connectionRequestsWaitingMax + 4 }, () =>
      deceived.status(),
    )
    await rejects(deceived.status(), 'BUSY')
    deceived.close()
    const outcomes = await Promise.allSettled(waiting)
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
  })
})
