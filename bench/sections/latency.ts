/** Single small files: the whole command, and one operation after the other inside one client. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { Keystream } from '../content/keystream.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import { openLibrary, putFile, readFile } from '../processes/library.ts'
import { sizeText } from '../report/amounts.ts'
import { latencyTable } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'

const putBytes = 4096
const readBytes = 1024
const command = 'whole command'
const library = 'inside one client'

export const latency: Section = {
  name: 'latency',
  title: 'Single small files',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const file = join(bench.scratch.memory, 'small')
  const figures = [
    ...(await commands(bench, { grid, file })),
    ...(await operations(bench, { grid, file })),
  ]
  return { figures, tables: [latencyTable('One small file', figures)] }
}

interface Place {
  readonly grid: Grid
  readonly file: string
}

async function commands(bench: Bench, { grid, file }: Place): Promise<Figure[]> {
  const { commandRuns } = bench.sizes
  const version: number[] = []
  const puts: number[] = []
  const reads: number[] = []
  for (let at = 0; at < commandRuns; at += 1) {
    bench.say(`single commands, ${at + 1} of ${commandRuns}`)
    version.push(await milliseconds(grid, ['--version']))
    writeFresh(file, { bytes: putBytes, seed: `command ${at}` })
    puts.push(await milliseconds(grid, ['put', file, `home:/put-${at}`]))
    writeFresh(file, { bytes: readBytes, seed: `read ${at}` })
    await grid.run(['put', file, `home:/read-${at}`])
    reads.push(await milliseconds(grid, ['cat', `home:/read-${at}`]))
  }
  return [
    { what: '--version', subject: command, unit: 'ms', values: version },
    { what: `put ${sizeText(putBytes)}`, subject: command, unit: 'ms', values: puts },
    { what: `cat ${sizeText(readBytes)}`, subject: command, unit: 'ms', values: reads },
  ]
}

async function milliseconds(grid: Grid, line: readonly string[]): Promise<number> {
  const { seconds } = await grid.measure(line)
  return seconds * 1000
}

async function operations(bench: Bench, { grid, file }: Place): Promise<Figure[]> {
  const client = openLibrary(grid.home)
  const count = bench.sizes.operations
  bench.say(`${count} operations inside one client`)
  try {
    const puts = await repeat(count, async (at) => {
      writeFresh(file, { bytes: putBytes, seed: `operation ${at}` })
      return await taking(() => putFile(client, { vault: 'home', from: file, to: `/op-${at}` }))
    })
    const reads = await repeat(count, (at) => taking(() => readFile(client, 'home', `/op-${at}`)))
    return [
      { what: `put ${sizeText(putBytes)}`, subject: library, unit: 'ms', values: puts },
      { what: `read ${sizeText(putBytes)}`, subject: library, unit: 'ms', values: reads },
    ]
  } finally {
    await client.close()
  }
}

function writeFresh(file: string, { bytes, seed }: { bytes: number; seed: string }): void {
  writeFileSync(file, new Keystream(seed).next(bytes))
}

async function repeat(
  count: number,
  operation: (at: number) => Promise<number>,
): Promise<number[]> {
  const values: number[] = []
  for (let at = 0; at < count; at += 1) values.push(await operation(at))
  return values
}

async function taking(operation: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await operation()
  return performance.now() - startMs
}
