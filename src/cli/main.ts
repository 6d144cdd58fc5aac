/** The frame around every command: understand the line, run, show the outcome, choose the exit code. */
import { utf8ToText } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import { HoldfastError } from '../base/errors.ts'
import { understand, wantsJson } from './command-line.ts'
import type { Argument, CommandSpec, Invocation } from './command.ts'
import { exitCodeOf, worstExitCode } from './exit-code.ts'
import { helpOf, helpOfAll } from './help.ts'
import type { Outcome, Terminal } from './output.ts'
import { Output } from './output.ts'

/** What a command gets. */
export interface Context {
  readonly invocation: Invocation
  readonly output: Output
  readonly clock: Clock
  readonly terminal: Terminal
  /** Of the program. */
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Aborted with INTERRUPTED by Ctrl-C: a command stops, says what was done, and exits 130. */
  readonly signal: AbortSignal
}

export type Run = (context: Context) => Promise<Outcome>

export interface Program {
  readonly commands: readonly CommandSpec[]
  /** The code of a command, by its words. */
  readonly load: (name: string) => Promise<Run>
  readonly version: string
  readonly terminal: Terminal
  readonly clock: Clock
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Never throws. Resolves to the exit code. */
export async function main(line: readonly Argument[], program: Program): Promise<number> {
  const { terminal, clock } = program
  const plain = {
    json: wantsJson(line),
    quiet: false,
    progress: false,
    dataOnStandardOutput: false,
  }
  let output = new Output(terminal, { ...plain, clock })
  try {
    const understood = understand(line, program.commands)
    if (understood.kind !== 'run') return await showAbout(understood, { program, json: plain.json })
    const { invocation } = understood
    const { command, global } = invocation
    output = new Output(terminal, {
      ...global,
      dataOnStandardOutput: command.dataOnStandardOutput?.(invocation) ?? false,
      clock,
    })
    return await runCommand({ invocation, output }, program)
  } catch (error) {
    output.error(error)
    return worstExitCode([exitCodeOf(error), program.signal.aborted ? 130 : 0])
  }
}

async function runCommand(
  { invocation, output }: { invocation: Invocation; output: Output },
  program: Program,
): Promise<number> {
  const { terminal, clock, environment, signal, version } = program
  const run = await program.load(invocation.command.words.join(' '))
  const outcome = await run({ invocation, output, clock, terminal, environment, signal, version })
  await output.finish(outcome)
  return outcome.exit
}

type About = Exclude<ReturnType<typeof understand>, { kind: 'run' }>

async function showAbout(
  about: About,
  { program, json }: { program: Program; json: boolean },
): Promise<number> {
  if (about.kind === 'version') {
    const { version } = program
    await program.terminal.writeOut(`${json ? JSON.stringify({ version }) : version}\n`)
    return 0
  }
  const help =
    about.command === undefined ? helpOfAll(program.commands, about.group) : helpOf(about.command)
  await program.terminal.writeOut(json ? `${JSON.stringify({ help })}\n` : help)
  return 0
}

/** A flag of the command. */
export function hasOption(invocation: Invocation, name: string): boolean {
  return invocation.options.has(name)
}

/** An option's value as text; undefined when it was not given. */
export function optionText(invocation: Invocation, name: string): string | undefined {
  const given = invocation.options.get(name)
  return given === undefined ? undefined : utf8ToText(given.bytes)
}

/** An option that is a whole number. Throws BAD_USAGE. */
export function optionNumber(
  invocation: Invocation,
  { name, least, most }: { name: string; least: number; most: number },
): number | undefined {
  const text = optionText(invocation, name)
  if (text === undefined) return undefined
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new HoldfastError(
    'BAD_USAGE',
    `--${name} is ${JSON.stringify(text)}: must be a whole number from ${least} to ${most}`,
  )
}
