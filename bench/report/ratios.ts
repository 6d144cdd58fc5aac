/** How we compare: medians of the same run, never figures of another day. */
import { numberText, ratioText } from './amounts.ts'
import type { Figure } from './figure.ts'
import { median } from './statistics.ts'
import type { Table } from './table.ts'

export interface Compared {
  /** Name of the subject that is compared with the others. */
  readonly ours: string
  /** Names of the others that encrypt. */
  readonly encrypting: ReadonlySet<string>
}

/** For each work: our median over the best of those that encrypt, and over the best of all. Rates only. */
export function ratioTable(figures: readonly Figure[], compared: Compared): Table {
  const works = [...new Set(figures.map(({ what }) => what))]
  const rows = works.map((work) =>
    ratioRow(
      figures.filter(({ what }) => what === work),
      compared,
    ),
  )
  const columns = ['', 'holdfast', 'best that encrypts', 'ratio', 'best of all', 'ratio']
  return { title: 'Against the others, medians of this run', columns, rows }
}

function ratioRow(figures: readonly Figure[], { ours, encrypting }: Compared): string[] {
  const own = median(figures.find(({ subject }) => subject === ours)!.values)
  const others = figures
    .filter(({ subject }) => subject !== ours)
    .map(({ subject, values }) => ({ subject, rate: median(values) }))
    .toSorted((left, right) => right.rate - left.rate)
  const cells = [others.find(({ subject }) => encrypting.has(subject)), others[0]].flatMap((best) =>
    best === undefined
      ? ['', '']
      : [`${numberText(best.rate)} (${best.subject})`, ratioText(own / best.rate)],
  )
  return [figures[0]!.what, numberText(own), ...cells]
}
