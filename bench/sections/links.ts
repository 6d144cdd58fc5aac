/** To one server, to two, to four: the same bytes, each server behind a link of its own. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { PackTraffic, packUserBytes } from '../budget/pack-traffic.ts'
import { writeRandomFile } from '../content/files.ts'
import type { Grid } from '../processes/grid.ts'
import { openLibrary } from '../processes/library.ts'
import { startLinkedGrid } from '../processes/linked-grid.ts'
import type { Usage } from '../processes/usage.ts'
import { sizeText } from '../report/amounts.ts'
import { rateFigure, roundsTable } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'

const cappedBytesPerSecond = 50e6
const capped = '50 MB/s each'

export const links: Section = { name: 'links', title: 'To one server and to four', run }

async function run(bench: Bench): Promise<SectionReport> {
  const figures = [
    ...(await measureLinks(bench, { name: capped, bytesPerSecond: cappedBytesPerSecond })),
    ...(await measureLinks(bench, { name: 'no cap', bytesPerSecond: undefined })),
  ]
  const notes = [
    'Packs, one server: sealed packs to one node as they are: no redundancy, nothing registered. Four servers: the same packs as 2+2, each node gets half, registered.',
    'Put and get: whole commands. Two servers, 1+1: each gets every byte, as with copies. Four servers, 2+2: each gets half.',
  ]
  const title = `${sizeText(bench.sizes.linkBytes)} to servers behind links`
  return { figures, tables: [roundsTable(title, figures, notes)] }
}

interface Links {
  readonly name: string
  readonly bytesPerSecond: number | undefined
}

async function measureLinks(bench: Bench, { name, bytesPerSecond }: Links): Promise<Figure[]> {
  const grid = await startLinkedGrid(bench.scratch, bytesPerSecond)
  try {
    bench.say(`sealed packs, ${name}`)
    const packs = await packRates(bench, grid)
    bench.say(`four servers, ${name}`)
    const four = await wholeCommands(bench, { grid, vault: 'home' })
    await grid.run(['vault', 'create', 'copies', '--policy', '1+1'])
    await grid.kill(grid.nodes[2]!)
    await grid.kill(grid.nodes[3]!)
    bench.say(`two servers, ${name}`)
    const two = await wholeCommands(bench, { grid, vault: 'copies' })
    const amount = bench.sizes.linkBytes
    const rate = (what: string, subject: string, usages: readonly Usage[]): Figure =>
      rateFigure({ what: `${what}, ${name}`, subject, unit: 'MB/s' }, { amount, usages })
    return [
      { what: `packs, ${name}`, subject: 'one server', unit: 'MB/s', values: packs.one },
      { what: `packs, ${name}`, subject: 'four servers, 2+2', unit: 'MB/s', values: packs.four },
      rate('put', 'two servers, 1+1', two.puts),
      rate('put', 'four servers, 2+2', four.puts),
      rate('get', 'two servers, 1+1', two.gets),
      rate('get', 'four servers, 2+2', four.gets),
    ]
  } finally {
    await grid.stop()
  }
}

/** MB/s of user data in packs that are sealed already. */
async function packRates(
  { sizes }: Bench,
  grid: Grid,
): Promise<{ readonly one: number[]; readonly four: number[] }> {
  const client = openLibrary(grid.home)
  const traffic = await PackTraffic.open(client, 'home')
  const packs = Math.ceil(sizes.linkBytes / packUserBytes)
  const rateOf = async (work: Promise<void>): Promise<number> => {
    const startMs = performance.now()
    await work
    return (packs * packUserBytes) / 1000 / (performance.now() - startMs)
  }
  const [one, four]: [number[], number[]] = [[], []]
  try {
    await traffic.warmUp()
    for (let round = 0; round < sizes.rounds; round += 1) {
      one.push(await rateOf(traffic.sendToOne(packs)))
      four.push(await rateOf(traffic.send(packs)))
    }
    return { one, four }
  } finally {
    await traffic.close()
    await client.close()
  }
}

async function wholeCommands(
  { scratch, sizes }: Bench,
  { grid, vault }: { readonly grid: Grid; readonly vault: string },
): Promise<{ readonly puts: Usage[]; readonly gets: Usage[] }> {
  const file = join(scratch.memory, 'linked')
  const [puts, gets]: [Usage[], Usage[]] = [[], []]
  for (let round = 0; round < sizes.rounds; round += 1) {
    writeRandomFile(file, { seed: `${vault} ${round}`, bytes: sizes.linkBytes })
    puts.push(await grid.measure(['put', file, `${vault}:/${round}`]))
    gets.push(await grid.measure(['cat', `${vault}:/${round}`]))
  }
  rmSync(file)
  return { puts, gets }
}
