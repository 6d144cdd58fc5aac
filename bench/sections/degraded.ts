/** With nodes gone: put with one of four, get with two. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { writeRandomFile } from '../content/files.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import type { Usage } from '../processes/usage.ts'
import { sizeText } from '../report/amounts.ts'
import { rateFigure, roundsTable } from '../report/figure.ts'

export const degraded: Section = {
  name: 'degraded',
  title: 'With nodes gone',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const { rounds, largeBytes } = bench.sizes
  const whole = await puts(bench, { grid, name: 'whole' })
  // Read for the first time later, so that they come from the disk as these do
  const later = await puts(bench, { grid, name: 'later' })
  const wholeGets = await gets(grid, { rounds, name: 'whole' })
  await grid.kill(grid.nodes[1]!)
  bench.say('one node of four is gone')
  const three = await puts(bench, { grid, name: 'three' })
  await grid.kill(grid.nodes[3]!)
  bench.say('two nodes of four are gone')
  const two = await gets(grid, { rounds, name: 'later' })
  const figure = (what: string, subject: string, usages: readonly Usage[]) =>
    rateFigure({ what, subject, unit: 'MB/s' }, { amount: largeBytes, usages })
  const much = sizeText(largeBytes)
  const figures = [
    figure(`put ${much}`, 'four nodes', [...whole, ...later]),
    figure(`put ${much}`, 'one of four gone', three),
    figure(`get ${much}`, 'four nodes', wholeGets),
    figure(`get ${much}`, 'two of four gone', two),
  ]
  return { figures, tables: [roundsTable('With nodes gone (2+2)', figures)] }
}

async function puts(
  bench: Bench,
  { grid, name }: { readonly grid: Grid; readonly name: string },
): Promise<Usage[]> {
  const { rounds, largeBytes } = bench.sizes
  const file = join(bench.scratch.memory, 'large')
  const usages: Usage[] = []
  for (let round = 0; round < rounds; round += 1) {
    writeRandomFile(file, { seed: `${name} ${round}`, bytes: largeBytes })
    usages.push(await grid.measure(['put', file, `home:/${name}-${round}`]))
  }
  rmSync(file)
  return usages
}

async function gets(
  grid: Grid,
  { rounds, name }: { readonly rounds: number; readonly name: string },
): Promise<Usage[]> {
  const usages: Usage[] = []
  for (let round = 0; round < rounds; round += 1) {
    usages.push(await grid.measure(['cat', `home:/${name}-${round}`]))
  }
  return usages
}
