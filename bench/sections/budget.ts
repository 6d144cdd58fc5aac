/** Where the time goes: processor time by stage, the limit that follows, and how near whole commands come to it. */
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { diskRates } from '../budget/disk-rates.ts'
import type { DiskRates } from '../budget/disk-rates.ts'
import { engineStages } from '../budget/engine-stages.ts'
import { limitOf } from '../budget/limit.ts'
import type { Limit, Stage } from '../budget/limit.ts'
import { wireStages } from '../budget/wire-stages.ts'
import { writeRandomFile } from '../content/files.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import type { Usage } from '../processes/usage.ts'
import { numberText, percentText, sizeText } from '../report/amounts.ts'
import { rateFigure } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'
import { median, sum } from '../report/statistics.ts'
import type { Table } from '../report/table.ts'

const policy = { k: 2, m: 2 }

export const budget: Section = {
  name: 'budget',
  title: 'Budget by stage, and the limit',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

type Way = 'put' | 'get'

interface Measured {
  readonly stages: Readonly<Record<Way, readonly Stage[]>>
  readonly disk: DiskRates
  readonly commands: Readonly<Record<Way, readonly Usage[]>>
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const { scratch, sizes } = bench
  const file = join(scratch.memory, 'budget')
  writeRandomFile(file, { seed: 'budget', bytes: sizes.budgetBytes })
  bench.say('stages of the client')
  const engine = engineStages({ path: file, policy })
  bench.say('stages of sockets, nodes and coordinator')
  const wire = await wireStages(grid, sizes.budgetBytes)
  bench.say('disk')
  const disk = await diskRates(scratch.diskFolder('raw'), sizes.budgetBytes)
  const stages = {
    put: [...clientStages(engine.put), ...wire.put],
    get: [...clientStages(engine.get), ...wire.get],
  }
  const commands = await wholeCommands(bench, { grid, file })
  rmSync(file)
  return report(bench, { stages, disk, commands })
}

function clientStages(nanoseconds: ReadonlyMap<string, number>): Stage[] {
  return [...nanoseconds].map(([name, nanosecondsPerByte]) => ({
    name,
    where: 'client',
    nanosecondsPerByte,
  }))
}

async function wholeCommands(
  bench: Bench,
  { grid, file }: { readonly grid: Grid; readonly file: string },
): Promise<Record<Way, Usage[]>> {
  const { rounds, budgetBytes } = bench.sizes
  const usages: Record<Way, Usage[]> = { put: [], get: [] }
  for (let round = 0; round < rounds; round += 1) {
    bench.say(`whole commands, round ${round + 1}`)
    writeRandomFile(file, { seed: `whole ${round}`, bytes: budgetBytes })
    usages.put.push(await grid.measure(['put', file, `home:/whole-${round}`]))
    usages.get.push(await grid.measure(['cat', `home:/whole-${round}`]))
  }
  return usages
}

function report({ sizes }: Bench, measured: Measured): SectionReport {
  const figures = (['put', 'get'] as const).flatMap((way) => {
    const usages = measured.commands[way]
    const whole = { what: way, subject: 'whole command', unit: 'MB/s' } as const
    return [
      rateFigure(whole, { amount: sizes.budgetBytes, usages }),
      ...measured.stages[way].map(({ name, where, nanosecondsPerByte }): Figure => ({
        what: `${way}: ${name}`,
        subject: where,
        unit: 'ns/B',
        values: [nanosecondsPerByte],
      })),
    ]
  })
  return { figures, tables: [stageTable(measured), limitTable(sizes.budgetBytes, measured)] }
}

function stageTable({ stages }: Measured): Table {
  const keys = new Set([...stages.put, ...stages.get].map(keyOf))
  const cell = (way: Way, key: string): string => {
    const stage = stages[way].find((one) => keyOf(one) === key)
    return stage === undefined ? '' : stage.nanosecondsPerByte.toFixed(3)
  }
  return {
    title: 'Processor time for each byte of user data, ns (2+2)',
    columns: ['stage', 'put', 'get'],
    rows: [
      ...[...keys].map((key) => [key, cell('put', key), cell('get', key)]),
      ['all', totalOf(stages.put).toFixed(3), totalOf(stages.get).toFixed(3)],
    ],
  }
}

function keyOf({ where, name }: Stage): string {
  return `${where}: ${name}`
}

function limitTable(bytes: number, measured: Measured): Table {
  const { disk } = measured
  return {
    title: `The limit, and ${sizeText(bytes)} by whole commands`,
    columns: [
      '',
      'stages ns/B',
      'disk ns/B',
      'limit MB/s',
      'reached MB/s',
      'ratio',
      'whole command ns/B',
    ],
    rows: (['put', 'get'] as const).map((way) => limitRow(way, { bytes, measured })),
    notes: [
      `Disk alone: ${numberText(disk.write / 1e6)} MB/s written and synced${disk.isDirect ? ' directly' : ' through the page cache'}, ${numberText(disk.read / 1e6)} MB/s read.`,
    ],
  }
}

function limitRow(
  way: Way,
  { bytes, measured }: { readonly bytes: number; readonly measured: Measured },
): string[] {
  const { stages, commands } = measured
  const diskNanoseconds = diskNanosecondsOf(way, measured.disk)
  const limit: Limit = limitOf(stages[way], {
    cores: availableParallelism(),
    diskNanosecondsPerByte: diskNanoseconds,
  })
  const reached = bytes / median(commands[way].map(({ seconds }) => seconds))
  const spent = median(commands[way].map(processorSecondsOf))
  return [
    way,
    totalOf(stages[way]).toFixed(2),
    diskNanoseconds.toFixed(2),
    `${numberText(limit.bytesPerSecond / 1e6)} (${limit.decidedBy})`,
    numberText(reached / 1e6),
    percentText(reached / limit.bytesPerSecond),
    ((spent * 1e9) / bytes).toFixed(2),
  ]
}

/** A put writes all shards, a get reads the data shards. */
function diskNanosecondsOf(way: Way, disk: DiskRates): number {
  const { k, m } = policy
  return way === 'put' ? (((k + m) / k) * 1e9) / disk.write : 1e9 / disk.read
}

function processorSecondsOf({ client, servers }: Usage): number {
  return client.processorSeconds + sum(servers.map(({ processorSeconds }) => processorSeconds))
}

function totalOf(stages: readonly Stage[]): number {
  return sum(stages.map(({ nanosecondsPerByte }) => nanosecondsPerByte))
}
