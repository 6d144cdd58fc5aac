/**
 * Understands a command line: global options anywhere, the command's own after it, `--` ends options. What
 * the contract lists but this version lacks is told apart from what never was.
 */
import { HoldfastError } from '../base/errors.ts'
import { nearest } from '../config/problem.ts'
import { withoutStart } from './arguments.ts'
import type { Argument, CommandSpec, GlobalOptions, Invocation, OptionSpec } from './command.ts'
import { laterCommands, laterOptions } from './later.ts'

export const globalOptions: readonly OptionSpec[] = [
  { name: 'home', value: 'DIR', doc: 'where everything is kept (or HOLDFAST_HOME)' },
  { name: 'config', value: 'FILE', doc: 'the configuration file' },
  { name: 'json', doc: 'print JSON' },
  { name: 'quiet', doc: 'print no notes and no progress' },
  { name: 'no-progress', doc: 'print no progress' },
  { name: 'as', value: 'ACCOUNT', doc: 'which stored session to use' },
  { name: 'help', short: 'h', doc: 'show help' },
  { name: 'version', doc: 'show the version' },
]

export type Understood =
  | { readonly kind: 'run'; readonly invocation: Invocation }
  /** Of a command, of a group of commands (`vault`), or of the program. */
  | { readonly kind: 'help'; readonly command?: CommandSpec; readonly group?: string }
  | { readonly kind: 'version' }

/** Throws BAD_USAGE or NOT_IN_THIS_VERSION. */
export function understand(
  line: readonly Argument[],
  commands: readonly CommandSpec[],
): Understood {
  return new LineReader(line, commands).read()
}

/** Whether errors are wanted as JSON, even of a line that cannot be understood. */
export function wantsJson(line: readonly Argument[]): boolean {
  const end = line.findIndex(({ text }) => text === '--')
  return line.slice(0, end < 0 ? line.length : end).some(({ text }) => text === '--json')
}

class LineReader {
  readonly #line: readonly Argument[]
  readonly #commands: readonly CommandSpec[]
  readonly #words: string[] = []
  readonly #operands: Argument[] = []
  readonly #options = new Map<string, Argument | undefined>()
  #command: CommandSpec | undefined
  #at = 0

  constructor(line: readonly Argument[], commands: readonly CommandSpec[]) {
    this.#line = line
    this.#commands = commands
  }

  read(): Understood {
    let optionsEnded = false
    while (this.#at < this.#line.length) {
      const next = this.#line[this.#at]!
      this.#at += 1
      if (!optionsEnded && next.text === '--') optionsEnded = true
      else if (!optionsEnded && next.text.startsWith('--')) this.#longOption(next)
      else if (!optionsEnded && next.text.length > 1 && next.text.startsWith('-')) {
        this.#shortOptions(next)
      } else this.#word(next)
    }
    return this.#understood()
  }

  #understood(): Understood {
    const command = this.#command
    if (this.#options.has('version') && !hasOwnVersion(command)) return { kind: 'version' }
    if (this.#options.has('help') || (command === undefined && this.#words.length === 0)) {
      return { kind: 'help', ...this.#subject() }
    }
    if (command === undefined) throw this.#incomplete()
    this.#countOperands(command)
    const { options, global } = splitOptions(this.#options)
    return { kind: 'run', invocation: { command, operands: this.#operands, options, global } }
  }

  #subject(): { command?: CommandSpec; group?: string } {
    if (this.#command !== undefined) return { command: this.#command }
    return this.#words.length > 0 ? { group: this.#words[0]! } : {}
  }

  #word(next: Argument): void {
    if (this.#command !== undefined) {
      this.#refuseLaterWord(this.#command, next)
      this.#operands.push(next)
      return
    }
    const words = [...this.#words, next.text]
    const name = words.join(' ')
    this.#command = this.#commands.find((command) => matches(command, name))
    if (this.#command !== undefined) return
    const isGroup = this.#commands.some((command) => command.words.join(' ').startsWith(`${name} `))
    if (isGroup) this.#words.push(next.text)
    else throw this.#unknownCommand(name)
  }

  #refuseLaterWord(command: CommandSpec, next: Argument): void {
    const name = [...command.words, next.text].join(' ')
    if (this.#operands.length === 0 && laterCommands.has(name)) throw notInThisVersion(name)
  }

  #longOption(given: Argument): void {
    const equals = given.text.indexOf('=')
    const name = given.text.slice(2, equals < 0 ? undefined : equals)
    const spec = this.#findOption((option) => option.name === name, `--${name}`)
    if (equals >= 0) {
      if (spec.value === undefined) throw this.#usage(`--${name} takes no value`)
      this.#options.set(name, withoutStart(given, equals + 1))
    } else this.#options.set(name, spec.value === undefined ? undefined : this.#valueOf(spec))
  }

  #shortOptions(given: Argument): void {
    for (let at = 1; at < given.text.length; at += 1) {
      const letter = given.text[at]!
      const spec = this.#findOption((option) => option.short === letter, `-${letter}`)
      if (spec.value === undefined) this.#options.set(spec.name, undefined)
      else {
        const attached = withoutStart(given, at + 1)
        this.#options.set(spec.name, attached.text === '' ? this.#valueOf(spec) : attached)
        return
      }
    }
  }

  #valueOf(spec: OptionSpec): Argument {
    const value = this.#line[this.#at]
    if (value === undefined) throw this.#usage(`--${spec.name} needs a value: ${spec.value}`)
    this.#at += 1
    return value
  }

  #findOption(isWanted: (option: OptionSpec) => boolean, typed: string): OptionSpec {
    const own = this.#command?.options ?? []
    const later = laterOptions.get(this.#command?.words.join(' ') ?? '') ?? []
    if (later.includes(typed)) throw notInThisVersion(`${this.#command!.words.join(' ')} ${typed}`)
    const found = [...own, ...globalOptions].find(isWanted)
    if (found !== undefined) return found
    if (this.#command === undefined) throw this.#usage(`${typed} is no option of holdfast`)
    const names = [...own, ...globalOptions].map(({ name }) => `--${name}`)
    const near = nearest(typed, names)
    throw this.#usage(
      `${typed} is no option of holdfast ${this.#command.words.join(' ')}`,
      near && `Did you mean ${near}?`,
    )
  }

  #countOperands(command: CommandSpec): void {
    const { operandsMin, operandsMax = Infinity, operands = '' } = command
    const count = this.#operands.length
    const name = `holdfast ${command.words.join(' ')}`
    if (count < operandsMin) throw this.#usage(`${name} needs ${operands}`)
    if (count <= operandsMax) return
    throw this.#usage(
      operandsMax === 0 ? `${name} takes no arguments` : `${name} takes only ${operands}`,
    )
  }

  #unknownCommand(name: string): HoldfastError {
    if (laterCommands.has(name) || laterCommands.has(name.split(' ')[0]!)) {
      return notInThisVersion(name)
    }
    const near = nearest(
      name,
      this.#commands.map(({ words }) => words.join(' ')),
    )
    return this.#usage(
      `There is no command ${JSON.stringify(name)}`,
      near && `Did you mean ${near}?`,
    )
  }

  #incomplete(): HoldfastError {
    const group = this.#words.join(' ')
    const inside = this.#commands
      .filter(({ words }) => words[0] === group)
      .map(({ words }) => words[1])
    return this.#usage(`holdfast ${group} needs one of ${inside.join(', ')}`)
  }

  #usage(message: string, hint?: string): HoldfastError {
    const about = this.#command?.words ?? this.#words
    const help = `See ${['holdfast', ...about, '--help'].join(' ')}`
    return new HoldfastError('BAD_USAGE', message, { hint: hint ?? help })
  }
}

/** Of what is stored: then it does not ask for the program's. */
function hasOwnVersion(command: CommandSpec | undefined): boolean {
  return command?.options.some(({ name }) => name === 'version') ?? false
}

function matches(command: CommandSpec, name: string): boolean {
  return command.words.join(' ') === name || (command.aliases ?? []).includes(name)
}

function notInThisVersion(name: string): HoldfastError {
  return new HoldfastError('NOT_IN_THIS_VERSION', `holdfast ${name} is not in this version`)
}

const globalNames = new Set(globalOptions.map(({ name }) => name))

function splitOptions(all: ReadonlyMap<string, Argument | undefined>): {
  options: ReadonlyMap<string, Argument | undefined>
  global: GlobalOptions
} {
  const home = all.get('home')
  const config = all.get('config')
  const as = all.get('as')
  return {
    options: new Map([...all].filter(([name]) => !globalNames.has(name))),
    global: {
      json: all.has('json'),
      quiet: all.has('quiet'),
      progress: !all.has('quiet') && !all.has('no-progress'),
      ...(home && { home }),
      ...(config && { config }),
      ...(as && { as: as.text }),
    },
  }
}
