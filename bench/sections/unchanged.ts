/** A put of nothing new: by size and time, by content, and known content under another name. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { writeRandomFile } from '../content/files.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import type { Usage } from '../processes/usage.ts'
import { sizeText } from '../report/amounts.ts'
import { rateFigure, roundsTable } from '../report/figure.ts'
import { hashingRate } from './hashing-rate.ts'

export const unchanged: Section = {
  name: 'unchanged',
  title: 'Put of nothing new',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const { largeBytes, rounds } = bench.sizes
  const file = join(bench.scratch.memory, 'same')
  writeRandomFile(file, { seed: 'same', bytes: largeBytes })
  bench.say('put of nothing new')
  await grid.run(['put', file, 'home:/same'])
  const lines: readonly [what: string, line: (round: number) => string[]][] = [
    ['as it was by size and time', () => ['put', file, 'home:/same']],
    ['--checksum', () => ['put', '--checksum', file, 'home:/same']],
    ['known content, another name', (round) => ['put', file, `home:/same-${round}`]],
  ]
  const usages = lines.map((): Usage[] => [])
  const hashing: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, [, line]] of lines.entries()) {
      usages[at]!.push(await grid.measure(line(round)))
    }
    hashing.push(hashingRate(file))
  }
  rmSync(file)
  const figures = lines.map(([what], at) =>
    rateFigure(
      { what, subject: 'whole command', unit: 'MB/s' },
      { amount: largeBytes, usages: usages[at]! },
    ),
  )
  const title = `Second put of ${sizeText(largeBytes)} that the vault has`
  const bare = {
    what: 'reading and SHA-256 alone',
    subject: 'one thread',
    unit: 'MB/s',
    values: hashing,
  } as const
  const all = [...figures, bare]
  return { figures: all, tables: [roundsTable(title, all)] }
}
