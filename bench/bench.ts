/** What every section of the measurements is given, and what it gives back. */
import type { Scratch } from './processes/scratch.ts'
import type { Figure } from './report/figure.ts'
import type { Table } from './report/table.ts'
import type { Sizes } from './sizes.ts'

export interface Bench {
  readonly scratch: Scratch
  readonly sizes: Sizes
  /** Folder with the programs of others; those on PATH are used too. */
  readonly peersFolder: string
  /** Says what is being done. */
  readonly say: (text: string) => void
}

export interface SectionReport {
  readonly tables: readonly Table[]
  readonly figures: readonly Figure[]
}

export interface Section {
  /** For `--only`. */
  readonly name: string
  readonly title: string
  readonly run: (bench: Bench) => Promise<SectionReport>
}
