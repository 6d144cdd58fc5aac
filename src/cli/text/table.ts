/** Columns of text: those marked `right` are aligned to the right, the last one is not padded. */
export function tableLines(
  rows: readonly (readonly string[])[],
  options: { readonly right?: readonly number[] } = {},
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  }
  const right = new Set(options.right)
  return rows.map((row) =>
    row
      .map((cell, at) => {
        if (right.has(at)) return cell.padStart(widths[at]!)
        return at === row.length - 1 ? cell : cell.padEnd(widths[at]!)
      })
      .join('  ')
      .trimEnd(),
  )
}
