/** The tables of docs/configuration.md, from the schema. */
import { lists, sections } from './schema.ts'
import type { Fields, Setting } from './setting.ts'
import { formatValue } from './value.ts'

/** One table for each section and list, by its header as it stands in a file. */
export function settingTables(): { readonly header: string; readonly rows: readonly string[] }[] {
  return [
    ...Object.entries(sections).map(([name, fields]) => table(`[${name}]`, fields)),
    ...Object.entries(lists).map(([name, fields]) => table(`[[${name}]]`, fields)),
  ]
}

function table(header: string, fields: Fields): { header: string; rows: string[] } {
  return { header, rows: Object.entries(fields).map(([name, setting]) => row(name, setting)) }
}

function row(name: string, setting: Setting<unknown>): string {
  const { type, doc, advanced } = setting
  const standard = setting.required ? 'must be given' : formatValue(type, setting.default)
  const standardText = standard === '' ? '-' : setting.required ? standard : `\`${standard}\``
  return `| \`${name}\` | ${shortType(setting)} | ${standardText} | ${doc}${advanced ? ' *Advanced.*' : ''} |`
}

function shortType({ type }: Setting<unknown>): string {
  switch (type.kind) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `${type.least} to ${type.most}`
    case 'duration':
      return `${formatValue(type, type.leastMs)} to ${formatValue(type, type.mostMs)}`.replaceAll(
        '"',
        '',
      )
    case 'size':
      return `${formatValue(type, type.leastBytes)} to ${formatValue(type, type.mostBytes)}`.replaceAll(
        '"',
        '',
      )
    case 'choice':
      return type.choices.map((choice) => `\`"${choice}"\``).join(', ')
    case 'address':
    case 'listen':
      return '`"host:port"`'
    case 'name':
      return 'name'
    case 'folder':
      return 'path'
    case 'identity':
      return '64 hex digits'
    default:
      return type satisfies never
  }
}
