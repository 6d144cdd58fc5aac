/** A table as it is printed, and as it goes into a document. */
export interface Table {
  readonly title: string
  /** The first is aligned to the left, the others to the right. */
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Sentences that stand below it. */
  readonly notes?: readonly string[]
}

/** Lines for a terminal. */
export function tableText(table: Table): string {
  const { title, columns, rows, notes = [] } = table
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...rows.map((row) => (row[at] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, at) => {
        const cell = cells[at] ?? ''
        return at === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return [title, rule, line(columns), rule, ...rows.map(line), ...notes].join('\n')
}

/** The same for docs/benchmarks.md. */
export function tableMarkdown(table: Table): string {
  const { title, columns, notes = [] } = table
  const rule = columns.map((_, at) => (at === 0 ? '---' : '---:'))
  const rows = table.rows.map((row) => columns.map((_, at) => row[at] ?? ''))
  const lines = [columns, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  const below = notes.length > 0 ? ['', ...notes] : []
  return [`**${title}**`, '', ...lines, ...below].join('\n')
}
