import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { equalBytes } from '../base/bytes.ts'
import { verifyReceipt } from '../core/receipt.ts'
import { rootFromProof } from '../core/merkle.ts'
import { shardRoot } from '../core/shard.ts'
import type { SampleShard } from '../testing/conformance/sample-shard.ts'
import {
  addressOf,
  bodyOf,
  coordinator,
  inSimulation,
  overSockets,
  primitives,
} from '../testing/node/node-grid.ts'
import type { NodeGrid } from '../testing/node/node-grid.ts'
import type { ShardClient } from '../wire/shard-client.ts'

const worlds = {
  'in the simulated world': (body: (grid: NodeGrid) => Promise<void>) => inSimulation({}, body),
  'over TCP': (body: (grid: NodeGrid) => Promise<void>) => overSockets({}, body),
  'over TLS': (body: (grid: NodeGrid) => Promise<void>) => overSockets({ tls: 'always' }, body),
}

function checkReceipt(grid: NodeGrid, shard: SampleShard, receipt: Uint8Array): void {
  const { pack, index, placementGeneration: generation } = addressOf(shard).shard
  const expected = { pack, index, generation, root: shard.root, nodeKey: grid.node.publicKey }
  const opened = verifyReceipt(primitives, receipt, expected)
  assert.ok(equalBytes(opened.storeId, grid.store.storeId))
}

async function putAndRead(grid: NodeGrid, client: ShardClient, shard: SampleShard): Promise<void> {
  checkReceipt(grid, shard, await client.put(addressOf(shard), bodyOf(shard)))
  const into = new Uint8Array(new SharedArrayBuffer(shard.content.length))
  await client.read(addressOf(shard), { offset: 0, into })
  assert.ok(equalBytes(into, shard.content))
}

for (const [name, run] of Object.entries(worlds)) {
  describe(`a node ${name}`, () => {
    test('keeps shards of any size and gives them back, with receipts', () =>
      run(async (grid) => {
        const vault = grid.random.bytes(16)
        const client = await grid.admitted(vault)
        for (const bytes of [64, 65_536, 262_144, 300_032, 3_000_000 - (3_000_000 % 64)]) {
          await putAndRead(grid, client, grid.shard(bytes, vault))
        }
        client.close()
      }))

    test('serves many requests of one connection at once', () =>
      run(async (grid) => {
        const vault = grid.random.bytes(16)
        const client = await grid.admitted(vault)
        const shards = Array.from({ length: 100 }, (_, at) => grid.shard(64 + at * 640, vault))
        await Promise.all(shards.map((shard) => putAndRead(grid, client, shard)))
        const held = await client.have(shards.map(addressOf))
        assert.deepEqual(new Set(held), new Set(['held']))
        client.close()
      }))

    test('reads ranges, headers and proven leaves', () =>
      run(async (grid) => {
        const shard = grid.shard(200_000 - (200_000 % 64))
        const client = await grid.admitted(shard.vault)
        await client.put(addressOf(shard), bodyOf(shard))
        for (const [offset, length] of [
          [0, 1],
          [65_000, 70_000],
          [199_999, 1],
          [5, 0],
        ] as const) {
          const into = new Uint8Array(length)
          await client.read(addressOf(shard), { offset, into })
          assert.deepEqual(into, shard.content.subarray(offset, offset + length))
        }
        const { header, root } = await client.readHeader(addressOf(shard))
        assert.ok(equalBytes(header, shard.header) && equalBytes(root, shard.root))
        for (const leaf of [0, 2, 3]) {
          const proof = await client.proveLeaf(addressOf(shard), { leaf })
          const shardBytes = shard.content.length
          const dataRoot = rootFromProof(primitives, { ...proof, index: leaf, shardBytes })
          assert.ok(dataRoot)
          assert.deepEqual(shardRoot(primitives, { header, dataRoot }), shard.root)
        }
        client.close()
      }))

    test('lists and deletes for the coordinator', () =>
      run(async (grid) => {
        const shards = Array.from({ length: 5 }, () => grid.shard(64))
        const boss = await grid.connect(coordinator(1))
        for (const shard of shards) await boss.put(addressOf(shard), bodyOf(shard))
        const first = await boss.list({ most: 3 })
        const rest = await boss.list({ most: 3, after: first.shards.at(-1)!.shard })
        assert.deepEqual([first.more, rest.more], [true, false])
        const listed = [...first.shards, ...rest.shards]
        assert.equal(listed.length, 5)
        const newer = listed[0]!.recordNumber - 1
        const absent = addressOf(grid.shard(64)).shard
        const deleted = await boss.delete(
          [
            { shard: listed[0]!.shard, recordNumber: newer },
            listed[1]!,
            { shard: absent, recordNumber: 1 },
          ],
          { term: 1 },
        )
        assert.deepEqual(deleted, ['kept', 'removed', 'absent'])
        assert.equal((await boss.status()).shards, 4)
        boss.close()
      }))

    test('tells its state and its identity', () =>
      run(async (grid) => {
        const client = await grid.connect()
        const status = await client.status()
        assert.equal(status.state, 'serving')
        assert.ok(equalBytes(status.storeId, client.welcome.storeId))
        assert.equal(client.welcome.version, 1)
        client.close()
      }))
  })
}
