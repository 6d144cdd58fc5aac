/** What was measured, as it goes into the JSON, and tables of it. */
import type { Usage } from '../processes/usage.ts'
import { mebibytesText, numberText, rangeText } from './amounts.ts'
import { median, quantile, sum } from './statistics.ts'
import type { Table } from './table.ts'

export type Unit = 'MB/s' | 'files/s' | 'ms' | 'ns/B' | '×' | 'MiB' | 'KiB' | '%'

/** One quantity, once for each round. */
export interface Figure {
  readonly what: string
  /** Who did it. */
  readonly subject: string
  readonly unit: Unit
  readonly values: readonly number[]
  /** Of whole commands: what each round took. */
  readonly usages?: readonly Usage[]
}

/** Whole commands that each moved `amount`: bytes for MB/s, files for files/s. */
export function rateFigure(
  named: { readonly what: string; readonly subject: string; readonly unit: 'MB/s' | 'files/s' },
  measured: { readonly amount: number; readonly usages: readonly Usage[] },
): Figure {
  const { amount, usages } = measured
  const scale = named.unit === 'MB/s' ? 1e6 : 1
  return { ...named, values: usages.map(({ seconds }) => amount / scale / seconds), usages }
}

/** Median and range, with what it cost. */
export function roundsTable(
  title: string,
  figures: readonly Figure[],
  notes?: readonly string[],
): Table {
  const columns = [
    '',
    'who',
    'median',
    'range',
    'unit',
    'cpu s client',
    'servers',
    'peak MiB client',
    'largest server',
  ]
  const rows = figures.map(({ what, subject, unit, values, usages }) => [
    what,
    subject,
    numberText(median(values)),
    rangeText(values),
    unit,
    ...(usages ? costCells(usages) : []),
  ])
  return { title, columns, rows, ...(notes && { notes }) }
}

function costCells(usages: readonly Usage[]): string[] {
  const servers = usages.map((usage) => sum(usage.servers.map((one) => one.processorSeconds)))
  return [
    numberText(median(usages.map(({ client }) => client.processorSeconds))),
    numberText(median(servers)),
    mebibytesText(Math.max(...usages.map(({ client }) => client.peakBytes))),
    mebibytesText(
      Math.max(0, ...usages.flatMap((usage) => usage.servers.map((one) => one.peakBytes))),
    ),
  ]
}

/** Half, nearly all, all but one in a hundred. */
export function latencyTable(
  title: string,
  figures: readonly Figure[],
  notes?: readonly string[],
): Table {
  const columns = ['', 'who', 'runs', '50 %', '95 %', '99 %', 'most', 'unit']
  const rows = figures.map(({ what, subject, unit, values }) => [
    what,
    subject,
    String(values.length),
    ...[0.5, 0.95, 0.99, 1].map((share) => numberText(quantile(values, share))),
    unit,
  ])
  return { title, columns, rows, ...(notes && { notes }) }
}
