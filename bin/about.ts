/** `version` and `help`. */
import { HoldfastError } from '../src/base/errors.ts'
import type { CommandSpec } from '../src/cli/command.ts'
import { helpOf, helpOfAll } from '../src/cli/help.ts'
import { laterCommands } from '../src/cli/later.ts'
import type { Run } from '../src/cli/main.ts'
import { nearest } from '../src/config/problem.ts'

export const version: Run = ({ version: program }) => {
  const platform = `${process.platform} ${process.arch}`
  return Promise.resolve({
    document: { version: program, node: process.versions.node, platform },
    lines: [`holdfast ${program} on Node ${process.versions.node}, ${platform}`],
    exit: 0,
  })
}

/** `help`, or `help NAME` for a command, an alias or a group. BAD_USAGE for any other name. */
export function helpAmong(commands: readonly CommandSpec[]): Run {
  return ({ invocation }) => {
    const name = invocation.operands.map(({ text }) => text).join(' ')
    const text = helpText(commands, name)
    return Promise.resolve({ document: { help: text }, lines: [text.trimEnd()], exit: 0 })
  }
}

function helpText(commands: readonly CommandSpec[], name: string): string {
  const command = commands.find(({ words, aliases = [] }) =>
    [words.join(' '), ...aliases].includes(name),
  )
  if (command !== undefined) return helpOf(command)
  const isGroup = commands.some(({ words }) => words.length > 1 && words[0] === name)
  if (name === '' || isGroup) return helpOfAll(commands, isGroup ? name : undefined)
  if (laterCommands.has(name)) {
    throw new HoldfastError('NOT_IN_THIS_VERSION', `holdfast ${name} is not in this version`)
  }
  const names = commands.map(({ words }) => words.join(' '))
  const near = nearest(name, names)
  throw new HoldfastError('BAD_USAGE', `There is no command ${JSON.stringify(name)}`, {
    hint: near === undefined ? 'See holdfast --help for what there is' : `Did you mean ${near}?`,
  })
}
