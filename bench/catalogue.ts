/**
 * The catalogue in its thread, on a real file, with files preloaded: rates of what clients ask for, and how
 * long the caller's event loop was held up; then the same of the coordinator itself. `node bench/catalogue.ts [files]`; prints tables.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { OperationRow } from '../src/catalogue/rows/commits.ts'
import { openSqliteCatalogue } from '../src/catalogue/adapters/sqlite-worker.ts'
import { ids, joined } from '../src/testing/conformance/catalogue/chunk-ids.ts'
import { Scene } from '../src/testing/conformance/catalogue/scene.ts'
import { temporaryFolder } from '../src/testing/conformance/catalogue/sqlite-harness.ts'
import { measureTurns } from '../src/testing/coordinator/turns.ts'

/** As docs/format.md has it for a name of up to 30 bytes. */
const operationBytes = 749
const perCommit = 1000
const packsPerCommit = 10

const files = Number(process.argv[2] ?? 200_000)
const folder = temporaryFolder()
const path = join(folder.path, 'catalogue.db')
const catalogue = await openSqliteCatalogue(path)
const opened = { catalogue, advance: () => {}, end: async () => {} }
const scene = await Scene.begin(opened)
const loop = monitorEventLoopDelay({ resolution: 1 })
const rows: Record<string, unknown>[] = []
const kept: { operation: OperationRow; chunk: Uint8Array }[] = []

/** Operations, packs and upload of a commit of many new small files. */
function manyFiles(parent: string, count: number, packCount: number) {
  const chunks = Array.from({ length: count }, () => scene.chunk(400))
  const share = Math.ceil(count / packCount)
  const packs = Array.from({ length: packCount }, (_, at) =>
    scene.pack(chunks.slice(at * share, at * share + share)),
  )
  const operations = chunks.map((chunk) => ({
    ...scene.file({ parent, chunks: [chunk.id] }),
    bytes: scene.bytes(operationBytes),
  }))
  return { chunks, packs, operations }
}

async function measure(
  what: string,
  runs: number,
  run: (at: number) => Promise<number>,
): Promise<void> {
  const times: number[] = []
  loop.reset()
  loop.enable()
  const beginMs = performance.now()
  let items = 0
  for (let at = 0; at < runs; at += 1) {
    const startMs = performance.now()
    items += await run(at)
    times.push(performance.now() - startMs)
  }
  const totalMs = performance.now() - beginMs
  loop.disable()
  times.sort((left, right) => left - right)
  rows.push({
    what,
    'per second': Math.round((items * 1000) / totalMs),
    'median ms': times[times.length >> 1]!.toFixed(2),
    'p95 ms': times[Math.floor(times.length * 0.95)]!.toFixed(2),
    'loop held ms': (loop.max / 1e6).toFixed(1),
  })
}

const top = scene.folder()
await scene.committed([top])
const upload = await scene.upload()
const prepared = Array.from({ length: Math.ceil(files / perCommit) })
const preloadMs = performance.now()
for (const _ of prepared) {
  const { operations, packs, chunks } = manyFiles(top.entry, perCommit, packsPerCommit)
  await scene.committed(operations, { upload, packs })
  const at = scene.random.between(0, perCommit - 1)
  kept.push({ operation: operations[at]!, chunk: chunks[at]!.id })
  if (performance.now() - preloadMs > 60_000) throw new Error('preloading takes too long')
}
await scene.catalogue.closeUpload(upload)
const seconds = (performance.now() - preloadMs) / 1000
const fileBytes = statSync(path).size
console.log(
  `${files} files preloaded in ${seconds.toFixed(1)} s, ${Math.round(fileBytes / files)} bytes each`,
)

const one = (): Promise<number> => {
  const { operations, packs } = manyFiles(top.entry, 1, 1)
  return scene.commit(operations, { upload: scene.id(), packs }).then(() => 1)
}
await measure('commit of one file, one at a time', 300, one)
await measure('commit of one file, 64 at a time', 20, async () => {
  await Promise.all(Array.from({ length: 64 }, one))
  return 64
})
const big = Array.from({ length: 12 }, () => manyFiles(top.entry, perCommit, packsPerCommit))
await measure('commit of 1,000 files in 10 packs (files)', big.length, async (at) => {
  const { operations, packs } = big[at]!
  await scene.committed(operations, { upload: scene.id(), packs })
  return perCommit
})
const later = Array.from({ length: 12 }, () => manyFiles(top.entry, 1024, 64))
const registering = await scene.upload()
const { vault } = scene
await measure('register 64 packs, 1,024 chunks (packs)', later.length, async (at) => {
  await catalogue.registerPacks({ upload: registering, vault, packs: later[at]!.packs })
  return 64
})
await measure('look-up of 512 versions (versions)', 30, async () => {
  const versions = Array.from({ length: 512 }, () => scene.random.pick(kept).operation.version)
  await scene.lookup(versions)
  return 512
})
const questions = joined(Array.from({ length: 4096 }, () => scene.random.pick(kept).chunk))
await measure('known, 4,096 chunks (chunks)', 30, async () => {
  await catalogue.knownChunks({ vault, ids: questions })
  return 4096
})
const strangers = joined(ids(Array.from({ length: 4096 }, () => scene.chunk())))
await measure('known, 4,096 new chunks (chunks)', 30, async () => {
  await catalogue.knownChunks({ vault, ids: strangers })
  return 4096
})
await measure('feed (operations)', Math.min(40, prepared.length), async (at) => {
  const part = await catalogue.feed({ vault, after: at * 5, commitsMax: 256, bytesMax: 4 << 20 })
  return part.commits.reduce((count, commit) => count + commit.operations.length, 0)
})
const up = scene.up(0, 1, 2)
await measure('health of the vault (files)', 1, async () => {
  const counts = await catalogue.vaultHealth({ vault, up })
  return counts.complete + counts.degraded + counts.unknown + counts.lost
})
console.table(rows)
await catalogue.close()
const turnsFolder = temporaryFolder()
console.log(
  'The coordinator, with that catalogue behind it: the longest turn of its event loop, ms',
)
console.table(await measureTurns(turnsFolder.path, 9))
turnsFolder.remove()
folder.remove()
