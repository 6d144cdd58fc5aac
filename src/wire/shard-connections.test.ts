import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sleep } from '../base/clock.ts'
import { hasCode } from '../base/errors.ts'
import type { ErrorCode } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Ticket } from '../core/ticket.ts'
import { addressOf, bodyOf, client, coordinator, inSimulation } from '../testing/node/node-grid.ts'
import type { SimulatedNodeGrid } from '../testing/node/node-grid.ts'
import { ShardConnections } from './shard-connections.ts'

function check(title: string, body: (grid: SimulatedNodeGrid) => Promise<void>): void {
  test(title, () => inSimulation({}, body))
}

function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  return assert.rejects(promise, (error) => hasCode(error, code))
}

/** Connections of a client, with the tickets it was given so far. */
function connectionsOf(grid: SimulatedNodeGrid, changed: () => Partial<Ticket> = () => ({})) {
  const tickets: Uint8Array[] = []
  const connections = new ShardConnections(grid.world, {
    opener: client,
    ticketFor: async (vault) => {
      await sleep(grid.clock, 1)
      const ticket = grid.ticket(vault, changed())
      tickets.push(ticket)
      return { ticket, expiresAtMs: grid.clock.monotonicMs() + limits.ticketMs }
    },
  })
  return { connections, tickets }
}

/** How often a host was connected to. */
function countConnects(grid: SimulatedNodeGrid): () => number {
  let count = 0
  const { network } = grid.world
  const connect = network.connect.bind(network)
  network.connect = (address, options) => {
    count += 1
    return connect(address, options)
  }
  return () => count
}

check('connect once, and ask once for a ticket, however many ask', async (grid) => {
  const connects = countConnects(grid)
  const { connections, tickets } = connectionsOf(grid)
  const vault = grid.random.bytes(16)
  const shards = Array.from({ length: 100 }, () => grid.shard(640, vault))
  const peer = connections.to(grid.node)
  await Promise.all(shards.map((shard) => peer.put(addressOf(shard), bodyOf(shard))))
  const held = await connections.to(grid.node).have(shards.map(addressOf))
  assert.ok(held.every((word) => word === 'held'))
  assert.deepEqual([connects(), tickets.length], [1, 1])
  connections.close()
  await rejects(peer.status(), 'CONNECTION_LOST')
  assert.throws(() => connections.to(grid.node))
})

check('reconnect after the connection broke, and present tickets again', async (grid) => {
  const { connections, tickets } = connectionsOf(grid)
  const shard = grid.shard(640)
  const peer = connections.to(grid.node)
  await peer.put(addressOf(shard), bodyOf(shard))
  const into = new Uint8Array(640)
  for (let turn = 0; turn < 3; turn += 1) {
    grid.network.reset('client', 'node')
    await sleep(grid.clock, 1)
    await peer.read(addressOf(shard), { offset: 0, into })
  }
  assert.equal(tickets.length, 1)
})

check('renew a ticket in time, and one that was refused, once', async (grid) => {
  let term = 1
  const { connections, tickets } = connectionsOf(grid, () => ({ term }))
  const shard = grid.shard(640)
  const peer = connections.to(grid.node)
  await peer.put(addressOf(shard), bodyOf(shard))
  await sleep(grid.clock, limits.ticketMs - limits.ticketRenewMs + 1)
  await peer.readHeader(addressOf(shard))
  assert.equal(tickets.length, 2)
  await grid.server.learn({ timeMs: grid.clock.nowMs(), term: 2 })
  term = 2
  await Promise.all(Array.from({ length: 20 }, () => peer.readHeader(addressOf(shard))))
  assert.equal(tickets.length, 3)
  await grid.server.learn({ timeMs: grid.clock.nowMs(), term: 3 })
  await rejects(peer.readHeader(addressOf(shard)), 'TICKET_REFUSED')
  assert.equal(tickets.length, 4)
})

check('renew a first ticket that is refused before a long message follows it', async (grid) => {
  await grid.server.learn({ timeMs: grid.clock.nowMs(), term: 2 })
  let term = 1
  const { connections, tickets } = connectionsOf(grid, () => ({ term: term++ }))
  const vault = grid.random.bytes(16)
  const shards = Array.from({ length: limits.haveShardsMax }, () =>
    addressOf(grid.shard(64, vault)),
  )
  const peer = connections.to(grid.node)
  const held = await Promise.all([peer.have(shards), peer.have(shards)])
  assert.ok(held.flat().every((word) => word === 'absent'))
  assert.equal(tickets.length, 2)
})

check('fail at once while a node is known to be away, with growing pauses', async (grid) => {
  const connects = countConnects(grid)
  const { connections } = connectionsOf(grid)
  const peer = connections.to(grid.node)
  grid.network.setConnects('node', 'hang')
  const startMs = grid.clock.monotonicMs()
  const waiting = Array.from({ length: 10 }, () => rejects(peer.status(), 'NODE_UNREACHABLE'))
  await Promise.all(waiting)
  const failedMs = grid.clock.monotonicMs()
  assert.ok(failedMs - startMs <= limits.connectMs + 1)
  await rejects(peer.status(), 'NODE_UNREACHABLE')
  assert.equal(grid.clock.monotonicMs(), failedMs)
  assert.equal(connects(), 1)
  grid.network.setConnects('node', 'refuse')
  for (let turn = 0; turn < 600; turn += 1) {
    await sleep(grid.clock, 100)
    await rejects(peer.status(), 'NODE_UNREACHABLE')
  }
  assert.ok(connects() > 10 && connects() < 30, `${connects()} tries in a minute`)
  grid.network.setConnects('node', 'accept')
  await sleep(grid.clock, limits.reconnectMaxMs)
  await peer.status()
})

check('let one who waits go, and keep connecting for the others', async (grid) => {
  const { connections } = connectionsOf(grid)
  const peer = connections.to(grid.node)
  const abort = new AbortController()
  const [impatient, patient] = [peer.status({ signal: abort.signal }), peer.status()]
  abort.abort(new Error('no longer wanted'))
  await assert.rejects(impatient, /no longer wanted/)
  await patient
})

check('go to the new address of a node', async (grid) => {
  const { connections } = connectionsOf(grid)
  await rejects(connections.to({ ...grid.node, address: 'node:9' }).status(), 'NODE_UNREACHABLE')
  await connections.to(grid.node).status()
})

check('need no tickets for the coordinator', async (grid) => {
  const connections = new ShardConnections(grid.world, { opener: coordinator(1) })
  const shard = grid.shard(640)
  const peer = connections.to(grid.node)
  await peer.put(addressOf(shard), bodyOf(shard))
  const { shards } = await peer.list({ most: 10 })
  assert.deepEqual(await peer.delete(shards, { term: 1 }), ['removed'])
  await peer.time({ timeMs: 5, term: 1 })
})

check('keep a crashed node out of the way and find it again', async (grid) => {
  const { connections } = connectionsOf(grid)
  const peer = connections.to(grid.node)
  await peer.status()
  grid.network.crash('node')
  await sleep(grid.clock, 5)
  await rejects(peer.status(), 'NODE_UNREACHABLE')
})
