/** How much two threads seal more than one: sealing alone, then the whole put. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { createThreadsEngine } from '../../src/client/adapters/threads-engine.ts'
import type { Engine, SealJob } from '../../src/client/engine/engine.ts'
import { packSlotBytes } from '../../src/client/engine/pack-writer.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { vaultKeys } from '../../src/core/vault-keys.ts'
import { fillChunks } from '../budget/sample-chunks.ts'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { writeRandomFile } from '../content/files.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import { openLibrary, putFile } from '../processes/library.ts'
import { ratioText, sizeText } from '../report/amounts.ts'
import { roundsTable } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'
import { median } from '../report/statistics.ts'

const MiB = 1024 * 1024
const threadCounts = [1, 2] as const
const policy = { k: 2, m: 2 }
const chunksPerPack = 3
const packBytes = chunksPerPack * MiB
/** Packs under way at once, as in a put. */
const atOnce = 8

export const sealing: Section = {
  name: 'sealing',
  title: 'Sealing with one thread and with two',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const alone = new Map<number, number[]>(threadCounts.map((threads) => [threads, []]))
  const puts = new Map<number, number[]>(threadCounts.map((threads) => [threads, []]))
  for (let round = 0; round < bench.sizes.rounds; round += 1) {
    bench.say(`sealing, round ${round + 1}`)
    for (const threads of threadCounts) {
      alone.get(threads)!.push(await sealRate(threads, bench.sizes.sealBytes))
      puts.get(threads)!.push(await putRate(bench, { grid, threads, round }))
    }
  }
  const seal = 'seal and code 2+2, in memory'
  const put = `put ${sizeText(bench.sizes.largeBytes)}, one client that runs already`
  const figures = [...figuresOf(seal, alone), ...figuresOf(put, puts)]
  const notes = [
    `Two threads over one, by medians: sealing ${speedUp(alone)}, the whole put ${speedUp(puts)}.`,
  ]
  return { figures, tables: [roundsTable('Threads', figures, notes)] }
}

function figuresOf(what: string, rates: ReadonlyMap<number, readonly number[]>): Figure[] {
  return [...rates].map(([threads, values]) => ({
    what,
    subject: threads === 1 ? '1 thread' : `${threads} threads`,
    unit: 'MB/s',
    values,
  }))
}

function speedUp(rates: ReadonlyMap<number, readonly number[]>): string {
  return ratioText(median(rates.get(2)!) / median(rates.get(1)!))
}

/** MB/s of the engine's own jobs over `bytes`, the threads started before. */
async function sealRate(threads: number, bytes: number): Promise<number> {
  const primitives = createNativePrimitives()
  const slotBytes = packBytes + atOnce * packSlotBytes(policy) + MiB
  const engine = createThreadsEngine({ threads, slotBytes, primitives, random: systemRandom })
  try {
    const jobs = await sealJobs(engine)
    await sealAll(engine, jobs, 4 * atOnce)
    const packs = Math.ceil(bytes / packBytes)
    const startMs = performance.now()
    await sealAll(engine, jobs, packs)
    return (packs * packBytes) / 1000 / (performance.now() - startMs)
  } finally {
    await engine.close()
  }
}

/** One job for each slot, all over the same chunks. */
async function sealJobs(engine: Engine): Promise<SealJob[]> {
  const primitives = createNativePrimitives()
  const vault = systemRandom.bytes(16)
  const [lifeKey, key, packListKey] = [0, 1, 2].map(() => systemRandom.bytes(32))
  const secrets = { lifeKey: lifeKey!, generationKeys: [key!] }
  engine.useVault({ vault: vault.toHex(), ...secrets, packListKey: packListKey! })
  const keys = vaultKeys(primitives, { vault, ...secrets })
  const chunks = await fillChunks(engine, { keys, count: chunksPerPack })
  const slots = await Promise.all(
    Array.from({ length: atOnce }, () => engine.slots.take(packSlotBytes(policy))),
  )
  const order = { vault: vault.toHex(), generation: 1, ...policy, chunks }
  return slots.map((slot) => ({ ...order, pack: systemRandom.bytes(16), slot }))
}

async function sealAll(engine: Engine, jobs: readonly SealJob[], packs: number): Promise<void> {
  let left = packs
  const lane = async (job: SealJob): Promise<void> => {
    for (; left > 0; left -= 1) await engine.seal(job)
  }
  await Promise.all(jobs.map(lane))
}

async function putRate(
  bench: Bench,
  {
    grid,
    threads,
    round,
  }: { readonly grid: Grid; readonly threads: number; readonly round: number },
): Promise<number> {
  const { largeBytes } = bench.sizes
  const file = join(bench.scratch.memory, 'large')
  writeRandomFile(file, { seed: `threads ${threads} ${round}`, bytes: largeBytes })
  const client = openLibrary(grid.home, { threads })
  try {
    const to = `/threads-${threads}-${round}`
    const startMs = performance.now()
    await putFile(client, { vault: 'home', from: file, to })
    return largeBytes / 1000 / (performance.now() - startMs)
  } finally {
    await client.close()
    rmSync(file)
  }
}
