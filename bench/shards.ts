/**
 * The shard protocol on loopback, client and node in one process, over a store that does nothing: what moving a
 * byte costs on both sides together, hashing at the node included. `node bench/shards.ts [seconds]`
 */
import type { ShardStore } from '../src/blocks/shard-store.ts'
import { toHex } from '../src/base/bytes.ts'
import type { SampleShard } from '../src/testing/conformance/sample-shard.ts'
import { addressOf, bodyOf, overSockets } from '../src/testing/node/node-grid.ts'
import { overriding } from '../src/testing/node/overriding.ts'
import type { ShardClient } from '../src/wire/shard-client.ts'

const underWay = 8
const seconds = Number(process.argv[2] ?? 1.5)

interface Result {
  readonly name: string
  readonly operations: number
  readonly bytes: number
  readonly ms: number
  readonly cpuMs: number
}

/** Repeats `run`, `underWay` at a time, for some seconds. */
async function measure(name: string, run: (turn: number) => Promise<number>): Promise<Result> {
  await run(0)
  const startMs = performance.now()
  const before = process.cpuUsage()
  let [operations, bytes, turn] = [0, 0, 1]
  const worker = async (): Promise<void> => {
    while (performance.now() - startMs < seconds * 1000) {
      turn += 1
      const moved = await run(turn)
      bytes += moved
      operations += 1
    }
  }
  await Promise.all(Array.from({ length: underWay }, worker))
  const { user, system } = process.cpuUsage(before)
  return { name, operations, bytes, ms: performance.now() - startMs, cpuMs: (user + system) / 1000 }
}

function print({ name, operations, bytes, ms, cpuMs }: Result): void {
  const rate = `${(bytes / 1e3 / ms).toFixed(0)} MB/s, ${((cpuMs * 1e6) / bytes).toFixed(2)} ns/B`
  const each = `${((operations * 1000) / ms).toFixed(0)}/s, ${((cpuMs * 1000) / operations).toFixed(1)} us each`
  console.log(`${name.padEnd(28)} ${rate.padEnd(24)} ${each}`)
}

/** Forgets what it is given, and holds what it was told. */
function hollow(store: ShardStore, held: ReadonlyMap<string, SampleShard>): ShardStore {
  return overriding(store, {
    find: (shardId) => {
      const shard = held.get(toHex(shardId))
      if (shard === undefined) return undefined
      const { vault, content } = shard
      return { shardId, vault, dataBytes: content.length, recordNumber: 1, damaged: false }
    },
    read: async (shardId, { offset, target }) => {
      target.set(held.get(toHex(shardId))!.content.subarray(offset, offset + target.length))
      return true
    },
    put: async (buffer, { root }) => {
      const shards = [{ shardId: new Uint8Array(21), root, recordNumber: 1 }]
      buffer.release()
      return { recordNumber: 1, batch: { shards }, position: 0 }
    },
  })
}

async function bench(tls: 'off-loopback' | 'always'): Promise<void> {
  const held = new Map<string, SampleShard>()
  await overSockets({ tls, wrap: (store) => hollow(store, held) }, async (grid) => {
    const name = tls === 'always' ? 'TLS' : 'TCP'
    const vault = grid.random.bytes(16)
    const client = await grid.admitted(vault)
    for (const [size, bytes] of Object.entries({ '2 MiB': 2 * 1024 * 1024, '4 KiB': 4096 })) {
      const shards = Array.from({ length: underWay * 2 }, () => grid.shard(bytes, vault))
      const put = (turn: number) => putOnce(client, shards[turn % shards.length]!)
      print(await measure(`${name} put ${size}`, put))
      for (const shard of shards) held.set(toHex(shard.shardId), shard)
      const memory = shards.map(() => new Uint8Array(new SharedArrayBuffer(bytes)))
      print(
        await measure(`${name} read ${size}`, async (turn) => {
          const at = turn % shards.length
          await client.read(addressOf(shards[at]!), { offset: 0, into: memory[at]! })
          return bytes
        }),
      )
    }
    client.close()
  })
}

async function putOnce(client: ShardClient, shard: SampleShard): Promise<number> {
  await client.put(addressOf(shard), bodyOf(shard))
  return shard.content.length
}

if (import.meta.main) {
  await bench('off-loopback')
  await bench('always')
}
