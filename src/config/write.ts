/** Settings as a TOML text that loads to the same values. */
import type { SettingLine } from './load.ts'
import { formatValue } from './value.ts'

/** Only what is not a default. `values` come first and instead of lines with the same key. */
export function settingsToml(
  lines: readonly SettingLine[],
  values: Readonly<Record<string, string | number>> = {},
): string {
  const written = new Map<string, string>()
  for (const { key, type, value, origin } of lines) {
    if (origin !== 'default' && value !== undefined) written.set(key, formatValue(type, value))
  }
  for (const [key, value] of Object.entries(values)) written.set(key, tomlText(value))
  return tablesText(written)
}

/** Keys grouped under the header of their table; lists keep their order. */
function tablesText(written: ReadonlyMap<string, string>): string {
  const tables = new Map<string, string[]>()
  for (const [key, text] of written) {
    const dot = key.lastIndexOf('.')
    const table = key.slice(0, dot)
    tables.set(table, [...(tables.get(table) ?? []), `${key.slice(dot + 1)} = ${text}`])
  }
  const plain = [...tables].filter(([table]) => !table.endsWith(']'))
  const listed = [...tables].filter(([table]) => table.endsWith(']'))
  return [
    ...plain.map(([table, rows]) => `[${table}]\n${rows.join('\n')}\n`),
    ...listed.map(([table, rows]) => `[[${table.replace(/\[\d+\]$/, '')}]]\n${rows.join('\n')}\n`),
  ].join('\n')
}

/** JSON's strings are TOML's, but for the one control character that JSON leaves as it is. */
function tomlText(value: string | number): string {
  return JSON.stringify(value).replaceAll('\u{7f}', '\\u007f')
}
