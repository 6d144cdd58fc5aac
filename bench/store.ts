/**
 * The node's store on a real disk: put with group commit and read, beside raw direct writes of the same
 * size. `node bench/store.ts [folder]`; prints a table.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alignedBytes } from '../src/base/aligned.ts'
import type { Clock } from '../src/base/clock.ts'
import { openNodeDisk } from '../src/blocks/adapters/node-disk.ts'
import { openSegmentStore } from '../src/blocks/segment-store.ts'
import type { ShardStore } from '../src/blocks/shard-store.ts'
import { createNativePrimitives } from '../src/core/adapters/native-primitives.ts'
import { decodeHeader, encodeHeader, headerBytes } from '../src/core/shard.ts'
import { sampleShard, type SampleShard } from '../src/testing/conformance/sample-shard.ts'
import { SeededRandom } from '../src/testing/simulation/seeded-random.ts'

const primitives = createNativePrimitives()
const random = new SeededRandom(1)
const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer: () => ({ cancel: () => undefined }),
}

interface Row {
  readonly what: string
  readonly 'MB/s': number
  readonly 'ops/s': number
  /** Processor time of this process, in nanoseconds per byte. */
  readonly 'ns/B': number
}

async function measure(
  what: string,
  work: { readonly count: number; readonly bytesEach: number; readonly run: () => Promise<void> },
): Promise<Row> {
  const startMs = performance.now()
  const processor = process.cpuUsage()
  await work.run()
  const seconds = (performance.now() - startMs) / 1000
  const used = process.cpuUsage(processor)
  const bytes = work.count * work.bytesEach
  return {
    what,
    'MB/s': Math.round(bytes / seconds / 1e6),
    'ops/s': Math.round(work.count / seconds),
    'ns/B': Math.round(((used.user + used.system) * 1e3 * 100) / bytes) / 100,
  }
}

/** Runs `count` pieces of work, `atOnce` at a time. */
async function inParallel(
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
  piece: (at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1
      await piece(next - 1)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Raw writes of as many bytes, in pieces of `bytesEach`, each batch of `atOnce` synced. */
async function rawRow(
  folder: string,
  options: { readonly count: number; readonly bytesEach: number; readonly atOnce: number },
): Promise<Row> {
  const { count, bytesEach, atOnce } = options
  const disk = await openNodeDisk(folder)
  const file = await disk.open('raw', { create: true, direct: true })
  await file.truncate(count * bytesEach)
  const blocks = Array.from({ length: atOnce }, () => alignedBytes(bytesEach).fill(7))
  const row = await measure(`raw direct write, ${atOnce} × ${bytesEach / 1024} KiB per sync`, {
    count,
    bytesEach,
    run: async () => {
      for (let at = 0; at < count; at += atOnce) {
        await file.write(blocks.slice(0, count - at), at * bytesEach)
        await file.sync()
      }
    },
  })
  await file.close()
  await disk.remove('raw')
  return row
}

async function storeRows(
  store: ShardStore,
  options: { readonly count: number; readonly bytesEach: number; readonly atOnce: number },
): Promise<Row[]> {
  const { count, bytesEach, atOnce } = options
  const sample = sampleShard({ random, primitives, bytes: bytesEach })
  const ids = Array.from({ length: count }, () => random.bytes(16))
  const name = `${bytesEach / 1024} KiB, ${atOnce} at once`
  const put = await measure(`put ${name}`, {
    count,
    bytesEach,
    run: () => inParallel({ count, atOnce }, (at) => putUnder(store, sample, ids[at]!)),
  })
  const read = await measure(`read ${name}`, {
    count,
    bytesEach,
    run: () =>
      inParallel({ count, atOnce }, async (at) => {
        const buffer = await store.allocate(bytesEach)
        await store.read(shardIdOf(sample, ids[at]!), { offset: 0, target: buffer.body })
        buffer.release()
      }),
  })
  return [put, read]
}

/** The same content under another pack id: the store does not look at roots while it serves. */
async function putUnder(store: ShardStore, sample: SampleShard, pack: Uint8Array): Promise<void> {
  const buffer = await store.allocate(headerBytes + sample.content.length)
  buffer.body.set(encodeHeader(primitives, { ...decodeHeader(primitives, sample.header), pack }))
  // The content stays whatever is in the memory: filling it is the socket's work, not the store's
  await store.put(buffer, { root: sample.root })
}

function shardIdOf(sample: SampleShard, pack: Uint8Array): Uint8Array {
  const id = sample.shardId.slice()
  id.set(pack)
  return id
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'holdfast-bench-'))
  const MiB = 1024 * 1024
  try {
    const rows: Row[] = []
    const large = { count: 256, bytesEach: 2 * MiB, atOnce: 8 }
    const small = { count: 40_000, bytesEach: 4096, atOnce: 256 }
    rows.push(await rawRow(folder, large), await rawRow(folder, small))
    const disk = await openNodeDisk(folder)
    const options = { disk, clock, random, primitives }
    const store = await openSegmentStore(options)
    rows.push(...(await storeRows(store, large)), ...(await storeRows(store, small)))
    rows.push(...(await storeRows(store, { count: 200, bytesEach: 4096, atOnce: 1 })))
    const [shards] = [store.usage().shards]
    rows.push(
      await measure('close (checkpoint)', {
        count: shards,
        bytesEach: 1,
        run: () => store.close(),
      }),
    )
    let again: ShardStore | undefined
    const open = async (): Promise<void> => {
      again = await openSegmentStore(options)
    }
    rows.push(await measure('open from the checkpoint', { count: shards, bytesEach: 1, run: open }))
    await again!.close()
    await disk.remove('index')
    rows.push(await measure('open from segments alone', { count: shards, bytesEach: 1, run: open }))
    await again!.close()
    console.table(rows)
  } finally {
    await rm(folder, { recursive: true })
  }
}

if (import.meta.main) await main()
