/** Help texts, from the table of commands. */
import { globalOptions } from './command-line.ts'
import type { CommandSpec, OptionSpec } from './command.ts'
import { wrapText } from './text/wrap.ts'

const width = 80

/** Of the program, or of a group of commands. */
export function helpOfAll(commands: readonly CommandSpec[], group?: string): string {
  const shown = commands.filter(({ words }) => group === undefined || words[0] === group)
  const rows = shown.map(({ words, operands, summary }): [string, string] => [
    [...words, operands].filter(Boolean).join(' '),
    summary,
  ])
  const name = group === undefined ? 'holdfast' : `holdfast ${group}`
  return [
    group === undefined
      ? 'Holdfast keeps your files on machines you own: encrypted, erasure-coded, repaired.\n'
      : '',
    `Usage: ${name} COMMAND [OPTIONS]\n`,
    `Commands:\n${columns(rows)}\n`,
    `Options, anywhere:\n${columns(globalOptions.map(optionRow))}\n`,
    `Example:\n  holdfast ${shown[0]!.examples[0]![0]}\n`,
    'A location is VAULT:/PATH, a local path, or - for standard input and output.',
    'See holdfast COMMAND --help for each command.\n',
  ]
    .filter(Boolean)
    .join('\n')
}

export function helpOf(command: CommandSpec): string {
  const name = `holdfast ${command.words.join(' ')}`
  const options = command.options.length > 0 ? ' [OPTIONS]' : ''
  const operands = command.operands === undefined ? '' : ` ${command.operands}`
  const examples = command.examples.map(([line, what]): [string, string] => [
    `holdfast ${line}`,
    what,
  ])
  const aliases = command.aliases ?? []
  return [
    `Usage: ${name}${options}${operands}`,
    `${sentence(command.summary)}${aliases.length > 0 ? ` Also: ${aliases.join(', ')}.` : ''}`,
    ...(command.notes ?? []).map((note) => wrapText(note, width)),
    command.options.length > 0 ? `Options:\n${columns(command.options.map(optionRow))}` : '',
    `Options of every command:\n${columns(globalOptions.map(optionRow))}`,
    `${examples.length > 1 ? 'Examples' : 'Example'}:\n${columns(examples)}`,
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n')
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`
}

function optionRow({ name, short, value, doc }: OptionSpec): [string, string] {
  const letter = short === undefined ? '' : `-${short}, `
  return [`${letter}--${name}${value === undefined ? '' : ` ${value}`}`, doc]
}

/** Two columns; a long left side stands alone on its line. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= 32)
  const left = Math.max(0, ...fitting)
  return rows.map((row) => columnRow(row, left)).join('\n')
}

function columnRow([left, right]: readonly [string, string], leftWidth: number): string {
  const indent = ' '.repeat(leftWidth + 4)
  const lines = wrapText(right, Math.max(30, width - indent.length)).split('\n')
  const first = left.length > leftWidth ? `${left}\n${indent}` : `${left.padEnd(leftWidth)}  `
  return `  ${first}${lines.join(`\n${indent}`)}`
}
