/** The same file under different redundancy. */
import { rmSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { writeRandomFile } from '../content/files.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import type { Usage } from '../processes/usage.ts'
import { sizeText } from '../report/amounts.ts'
import { rateFigure, roundsTable } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'

/** By the number of nodes they are measured with. */
const groups: readonly { readonly nodes: number; readonly policies: readonly string[] }[] = [
  { nodes: 4, policies: ['1+1', '1+2', '2+2'] },
  { nodes: 6, policies: ['4+2'] },
  { nodes: 11, policies: ['8+3'] },
]
/** What a node may come to hold. */
const nodeBytes = 256 * 1024 * 1024

export const policies: Section = { name: 'policies', title: 'By policy', run }

async function run(bench: Bench): Promise<SectionReport> {
  const figures: Figure[] = []
  const notes: string[] = []
  for (const { nodes, policies: names } of groups) {
    if (freemem() < nodes * nodeBytes) {
      notes.push(`${names.join(', ')} left out: too little memory for ${nodes} nodes.`)
      continue
    }
    await withGrid(bench.scratch, nodes, async (grid) => {
      for (const policy of names) figures.push(...(await measurePolicy(bench, { grid, policy })))
    })
  }
  const title = `${sizeText(bench.sizes.policyBytes)} by policy`
  return { figures, tables: [roundsTable(title, figures, notes)] }
}

async function measurePolicy(
  bench: Bench,
  { grid, policy }: { readonly grid: Grid; readonly policy: string },
): Promise<Figure[]> {
  const { rounds, policyBytes } = bench.sizes
  const vault = `policy-${policy.replace('+', '-')}`
  const file = join(bench.scratch.memory, 'policy')
  const puts: Usage[] = []
  const gets: Usage[] = []
  bench.say(`policy ${policy}`)
  await grid.run(['vault', 'create', vault, '--policy', policy])
  for (let round = 0; round < rounds; round += 1) {
    writeRandomFile(file, { seed: `${policy} ${round}`, bytes: policyBytes })
    puts.push(await grid.measure(['put', file, `${vault}:/${round}`]))
    gets.push(await grid.measure(['cat', `${vault}:/${round}`]))
  }
  rmSync(file)
  const subject = `${policy}, ${grid.nodes.length} nodes`
  const amount = policyBytes
  return [
    rateFigure({ what: 'put', subject, unit: 'MB/s' }, { amount, usages: puts }),
    rateFigure({ what: 'get', subject, unit: 'MB/s' }, { amount, usages: gets }),
  ]
}
