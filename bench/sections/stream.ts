/** More bytes than memory through standard input and output, compared by hash; what each process held at most. */
import { createHash } from 'node:crypto'
import type { Bench, Section, SectionReport } from '../bench.ts'
import { Keystream } from '../content/keystream.ts'
import { withGrid } from '../processes/grid.ts'
import type { Grid } from '../processes/grid.ts'
import type { Usage } from '../processes/usage.ts'
import { mebibytesText, numberText, sizeText } from '../report/amounts.ts'
import type { Figure } from '../report/figure.ts'
import type { Table } from '../report/table.ts'

const MiB = 1024 * 1024
const peakBytesMax = 256 * MiB
/** A process that holds more ends the measurement. */
const limitBytes = 512 * MiB
const seed = 'stream'

export const stream: Section = {
  name: 'stream',
  title: 'Memory, at any size',
  run: (bench) => withGrid(bench.scratch, 4, (grid) => run(bench, grid)),
}

interface Pass {
  readonly what: 'put -' | 'cat'
  readonly usage: Usage
}

async function run(bench: Bench, grid: Grid): Promise<SectionReport> {
  const { streamBytes } = bench.sizes
  const size = sizeText(streamBytes)
  bench.say(`${size} through standard input`)
  const put = await putStream(grid, streamBytes)
  bench.say(`${size} through standard output`)
  const cat = await catStream(grid)
  if (put.sha256 !== cat.sha256) {
    throw new Error(`What came back of ${size} is not what was stored: ${cat.sha256}`)
  }
  const passes: Pass[] = [
    { what: 'put -', usage: put.usage },
    { what: 'cat', usage: cat.usage },
  ]
  for (const pass of passes) refuseOverLimit(pass)
  const note = `Seeded pseudo-random bytes, made and hashed by the measuring program; SHA-256 ${put.sha256} on both sides.`
  return {
    figures: passes.flatMap((pass) => figuresOf(pass, streamBytes)),
    tables: [memoryTable(passes, { size, bytes: streamBytes, note })],
  }
}

interface Streamed {
  readonly usage: Usage
  readonly sha256: string
}

async function putStream(grid: Grid, bytes: number): Promise<Streamed> {
  const hash = createHash('sha256')
  const pieces = function* (): Generator<Uint8Array> {
    for (const piece of new Keystream(seed).pieces(bytes)) {
      hash.update(piece)
      yield piece
    }
  }
  const usage = await grid.measure(['put', '-', 'home:/stream'], { input: pieces() })
  return { usage, sha256: hash.digest('hex') }
}

async function catStream(grid: Grid): Promise<Streamed> {
  const hash = createHash('sha256')
  const takes = (piece: Uint8Array): void => void hash.update(piece)
  const usage = await grid.measure(['cat', 'home:/stream'], { takes })
  return { usage, sha256: hash.digest('hex') }
}

/** Most memory of each process: nodes together as the largest of them. */
function peaksOf({ client, servers }: Usage): Record<'client' | 'coordinator' | 'node', number> {
  const [coordinator, ...nodes] = servers
  return {
    client: client.peakBytes,
    coordinator: coordinator?.peakBytes ?? 0,
    node: Math.max(0, ...nodes.map(({ peakBytes }) => peakBytes)),
  }
}

function refuseOverLimit({ what, usage }: Pass): void {
  for (const [name, bytes] of Object.entries(peaksOf(usage))) {
    if (bytes <= limitBytes) continue
    throw new Error(`${what}: the ${name} held ${mebibytesText(bytes)} MiB, over the limit of 512`)
  }
}

function figuresOf({ what, usage }: Pass, bytes: number): Figure[] {
  const peaks = Object.entries(peaksOf(usage)).map(([subject, peak]): Figure => ({
    what,
    subject,
    unit: 'MiB',
    values: [peak / MiB],
  }))
  const rate = bytes / 1e6 / usage.seconds
  return [...peaks, { what, subject: 'rate', unit: 'MB/s', values: [rate], usages: [usage] }]
}

function memoryTable(
  passes: readonly Pass[],
  { size, bytes, note }: { readonly size: string; readonly bytes: number; readonly note: string },
): Table {
  const rows = passes.map(({ what, usage }) => {
    const peaks = Object.values(peaksOf(usage))
    const within = peaks.every((peak) => peak <= peakBytesMax)
    const rate = numberText(bytes / 1e6 / usage.seconds)
    return [what, ...peaks.map(mebibytesText), within ? 'yes' : 'no', rate]
  })
  const columns = ['', 'client', 'coordinator', 'largest node', 'all within 256', 'MB/s']
  return { title: `Most memory held for ${size}, MiB (VmHWM)`, columns, rows, notes: [note] }
}
