/** Runs one command to its end and takes the time. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { utf8ToText } from '../../src/base/bytes.ts'
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
  /** Goes into standard input; without it there is none. */
  readonly input?: Iterable<Uint8Array>
  /** Is given what comes out of standard output; without it, it goes to /dev/null. */
  readonly takes?: (bytes: Uint8Array) => void
}

/** Throws when it ends with another exit than it should. */
export async function measure(
  scratch: Scratch,
  command: Command,
  servers: readonly ServerProcess[] = [],
): Promise<Usage> {
  const meter = new ServerMeter(servers)
  const processorBefore = readProcessor('self').children
  const startMs = performance.now()
  const child = start(scratch, command)
  const ended = endOf(child, command)
  const peak = new PeakWatch(child.pid!)
  const endMs = await ended.finally(() => peak.stop())
  return {
    seconds: (endMs - startMs) / 1000,
    client: {
      processorSeconds: readProcessor('self').children - processorBefore,
      peakBytes: peak.bytes,
    },
    servers: meter.read(),
  }
}

/** The same for what nobody measures: its standard output. */
export async function run(scratch: Scratch, command: Command): Promise<string> {
  let output = ''
  const takes = (bytes: Uint8Array): void => {
    output += utf8ToText(bytes)
  }
  await endOf(start(scratch, { ...command, takes }), command)
  return output
}

function start(scratch: Scratch, command: Command): ChildProcess {
  const { program, line, environment, input, takes } = command
  const child = spawn(program, line, {
    env: { ...cleanEnvironment(), ...environment },
    stdio: [input ? 'pipe' : 'ignore', takes ? 'pipe' : 'ignore', 'pipe'],
  })
  if (takes) child.stdout!.on('data', takes)
  // Who closes its input early says why by its exit
  if (input) pipeline(Readable.from(input), child.stdin!).catch(() => {})
  return scratch.own(child)
}

/** Settings of whoever measures stay outside. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')),
  )
}

/** When the process was gone, whoever still holds its pipes. */
function endOf(child: ChildProcess, command: Command): Promise<number> {
  let [complaint, endMs] = ['', 0]
  child.stderr!.on('data', (bytes: Buffer) => (complaint += bytes.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => (endMs = performance.now()))
    child.once('close', (exit, signal) => {
      if (exit === 0) resolve(endMs)
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
