/** Runs one command to its end and takes the time. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readPeak, readProcessor } from './proc.ts'
import type { Scratch } from './scratch.ts'
import { ServerMeter } from './usage.ts'
import type { ServerProcess, Usage } from './usage.ts'

/** How often its memory is looked at: what it holds in its last moments may be missed. */
const lookMs = 20

export interface Command {
  readonly program: string
  readonly line: readonly string[]
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Standard output is kept instead of thrown away. */
  readonly keepsOutput?: boolean
  /** Exits that are no failure; 0 alone unless told. */
  readonly exits?: readonly number[]
}

export interface CommandResult {
  readonly usage: Usage
  readonly output: string
}

/** Throws when it ends with another exit than it should. Standard output goes to /dev/null unless kept. */
export async function measure(
  scratch: Scratch,
  command: Command,
  servers: readonly ServerProcess[] = [],
): Promise<CommandResult> {
  const meter = new ServerMeter(servers)
  const processorBefore = readProcessor('self').children
  const startMs = performance.now()
  const child = start(scratch, command)
  const ended = endOf(child, command)
  const peak = new PeakWatch(child.pid!)
  const { output, endMs } = await ended.finally(() => peak.stop())
  const usage = {
    seconds: (endMs - startMs) / 1000,
    client: {
      processorSeconds: readProcessor('self').children - processorBefore,
      peakBytes: peak.bytes,
    },
    servers: meter.read(),
  }
  return { usage, output }
}

/** The same for what nobody measures. */
export async function run(scratch: Scratch, command: Command): Promise<string> {
  const kept = { ...command, keepsOutput: true }
  return (await endOf(start(scratch, kept), kept)).output
}

function start(
  scratch: Scratch,
  { program, line, environment, keepsOutput }: Command,
): ChildProcess {
  const child = spawn(program, line, {
    env: { ...cleanEnvironment(), ...environment },
    stdio: ['ignore', keepsOutput === true ? 'pipe' : 'ignore', 'pipe'],
  })
  return scratch.own(child)
}

/** Settings of whoever measures stay outside. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')),
  )
}

interface Ended {
  readonly output: string
  /** When the process was gone, whoever still holds its pipes. */
  readonly endMs: number
}

function endOf(child: ChildProcess, command: Command): Promise<Ended> {
  let [output, complaint, endMs] = ['', '', 0]
  child.stdout?.on('data', (bytes: Buffer) => (output += bytes.toString()))
  child.stderr!.on('data', (bytes: Buffer) => (complaint += bytes.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => (endMs = performance.now()))
    child.once('close', (exit, signal) => {
      if ((command.exits ?? [0]).includes(exit ?? -1)) resolve({ output, endMs })
      else reject(new Error(`${lineText(command)} ended with ${exit ?? signal}:\n${complaint}`))
    })
  })
}

function lineText({ program, line }: Command): string {
  return [program, ...line].join(' ')
}

/** Follows the most memory a process ever held, as long as it lives. */
export class PeakWatch {
  bytes = 0
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    const look = (): void => {
      this.bytes = Math.max(this.bytes, readPeak(pid) ?? 0)
    }
    this.#timer = setInterval(look, lookMs)
    look()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
