/** What every Network must do: run against the simulated one, TCP and TLS. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes } from '../../base/bytes.ts'
import { hasCode } from '../../base/errors.ts'
import type { Connection, Network } from '../../base/network.ts'

export interface NetworkUnderTest {
  /** Who connects and who listens; may be the same. */
  readonly opener: Network
  readonly server: Network
  /** Where the server may listen, any port. */
  readonly listenAddress: string
  /** Where nobody listens. */
  readonly emptyAddress: string
  /** Lets the outside go on until `done` settles. */
  run<Value>(done: Promise<Value>): Promise<Value>
}

interface Pair {
  readonly near: Connection
  readonly far: Connection
  readonly address: string
  close(): Promise<void>
}

export function describeNetwork(name: string, make: () => NetworkUnderTest): void {
  const check = (title: string, body: (world: NetworkUnderTest) => Promise<void>): void => {
    test(title, async () => {
      const world = make()
      await world.run(body(world))
    })
  }

  describe(name, () => {
    check('carries bytes both ways, in order', async (world) => {
      const pair = await connected(world)
      const [atFar, atNear] = [gather(pair.far), gather(pair.near)]
      for (const size of [1, 20, 3000, 70_000]) pair.near.write([bytesOf(size, size)])
      pair.far.write([bytesOf(50, 1), bytesOf(60, 2)])
      const sent = [1, 20, 3000, 70_000].map((size) => bytesOf(size, size))
      assert.deepEqual(await atFar.take(73_021), concatBytes(sent))
      assert.deepEqual(await atNear.take(110), concatBytes([bytesOf(50, 1), bytesOf(60, 2)]))
      await pair.close()
    })

    check('delivers what came before a receiver was there', async (world) => {
      const pair = await connected(world)
      pair.near.write([bytesOf(10, 7)])
      await pair.near.drained()
      assert.deepEqual(await gather(pair.far).take(10), bytesOf(10, 7))
      await pair.close()
    })

    check('lets memory be reused once it was drained', async (world) => {
      const pair = await connected(world)
      const atFar = gather(pair.far)
      const block = new Uint8Array(new SharedArrayBuffer(300_000))
      for (let turn = 0; turn < 20; turn += 1) {
        block.fill(turn)
        if (!pair.near.write([block.subarray(0, 100_000), block.subarray(100_000)])) {
          await pair.near.drained()
        }
      }
      const got = await atFar.take(6_000_000)
      for (let turn = 0; turn < 20; turn += 1) {
        assert.ok(got.subarray(turn * 300_000, (turn + 1) * 300_000).every((byte) => byte === turn))
      }
      await pair.close()
    })

    check('stops delivering while paused, and holds the writer back', async (world) => {
      const pair = await connected(world)
      const atFar = gather(pair.far)
      pair.near.write([bytesOf(10, 1)])
      await atFar.take(10)
      pair.far.pause()
      const block = bytesOf(1_000_000, 3)
      let blocks = 1
      while (pair.near.write([block]) && blocks < 64) blocks += 1
      assert.ok(blocks < 64, 'a writer without a reader is held back')
      assert.ok(atFar.bytes <= 10 + 2_000_000)
      pair.far.resume()
      await pair.near.drained()
      assert.equal((await atFar.take(blocks * 1_000_000)).length, blocks * 1_000_000)
      await pair.close()
    })

    check('ends politely after what was written', async (world) => {
      const pair = await connected(world)
      const atFar = gather(pair.far)
      const [nearEnd, farEnd] = [ended(pair.near), ended(pair.far)]
      gather(pair.near)
      pair.near.write([bytesOf(100_000, 5)])
      pair.near.end()
      assert.deepEqual(await atFar.take(100_000), bytesOf(100_000, 5))
      assert.equal(await farEnd, undefined)
      assert.equal(await nearEnd, undefined)
      assert.equal(pair.near.write([bytesOf(1, 1)]), true)
      await pair.near.drained()
      await pair.close()
    })

    check('says so when the other side destroyed it, and drains', async (world) => {
      const pair = await connected(world)
      gather(pair.near)
      gather(pair.far)
      const nearEnd = ended(pair.near)
      const block = bytesOf(1_000_000, 3)
      pair.far.pause()
      for (let count = 0; pair.near.write([block]) && count < 64;) count += 1
      pair.far.destroy()
      await pair.near.drained()
      await nearEnd
      await pair.close()
    })

    check('refuses an address where nobody listens', async (world) => {
      await assert.rejects(world.opener.connect(world.emptyAddress, { timeoutMs: 2000 }), (error) =>
        hasCode(error, 'NODE_UNREACHABLE'),
      )
    })

    check('gives up connecting when told to', async (world) => {
      const reason = new Error('changed my mind')
      const options = { timeoutMs: 2000, signal: AbortSignal.abort(reason) }
      await assert.rejects(world.opener.connect(world.emptyAddress, options), reason)
    })

    check('refuses a port that is taken', async (world) => {
      const listener = await world.server.listen(world.listenAddress, () => {})
      await assert.rejects(
        world.server.listen(listener.address, () => {}),
        (error) => hasCode(error, 'PORT_IN_USE'),
      )
      await listener.close()
    })

    check('ends connections and frees the port when the listener closes', async (world) => {
      const pair = await connected(world)
      gather(pair.near)
      const nearEnd = ended(pair.near)
      await pair.close()
      await nearEnd
      await assert.rejects(world.opener.connect(pair.address, { timeoutMs: 2000 }), (error) =>
        hasCode(error, 'NODE_UNREACHABLE'),
      )
      const again = await world.server.listen(pair.address, () => {})
      assert.equal(again.address, pair.address)
      await again.close()
    })
  })
}

async function connected(world: NetworkUnderTest): Promise<Pair> {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await world.server.listen(world.listenAddress, accepted.resolve)
  const near = await world.opener.connect(listener.address, { timeoutMs: 2000 })
  const far = await accepted.promise
  return { near, far, address: listener.address, close: () => listener.close() }
}

function gather(connection: Connection) {
  let bytes = new Uint8Array(0)
  let check: (() => void) | undefined
  connection.onBytes((piece) => {
    bytes = concatBytes([bytes, piece]) as Uint8Array<ArrayBuffer>
    check?.()
  })
  return {
    get bytes() {
      return bytes.length
    },
    /** The first `count` bytes, once they are there. */
    take(count: number): Promise<Uint8Array> {
      return new Promise((resolve) => {
        check = () => {
          if (bytes.length >= count) resolve(bytes.subarray(0, count))
        }
        check()
      })
    },
  }
}

function ended(connection: Connection): Promise<Error | undefined> {
  return new Promise((resolve) => connection.onClose(resolve))
}

function bytesOf(count: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => at * 31 + seed)
}
