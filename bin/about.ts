/** `version` and `help`. */
import { HoldfastError } from '../src/base/errors.ts'
import type { Run } from '../src/cli/main.ts'
import { helpOf, helpOfAll } from '../src/cli/help.ts'
import { commandNames, commands } from './commands.ts'

export const version: Run = ({ version: program }) => {
  const platform = `${process.platform} ${process.arch}`
  return Promise.resolve({
    document: { version: program, node: process.versions.node, platform },
    lines: [`holdfast ${program} on Node ${process.versions.node}, ${platform}`],
    exit: 0,
  })
}

export const help: Run = ({ invocation }) => {
  const there = commands.filter(({ words }) => commandNames.has(words.join(' ')))
  const name = invocation.operands.map(({ text }) => text).join(' ')
  const command = there.find(({ words, aliases = [] }) =>
    [words.join(' '), ...aliases].includes(name),
  )
  const isGroup = there.some(({ words }) => words.length > 1 && words[0] === name)
  if (command === undefined && name !== '' && !isGroup) {
    throw new HoldfastError('BAD_USAGE', `There is no command ${JSON.stringify(name)}`)
  }
  const text =
    command === undefined ? helpOfAll(there, isGroup ? name : undefined) : helpOf(command)
  return Promise.resolve({ document: { help: text }, lines: [text.trimEnd()], exit: 0 })
}
