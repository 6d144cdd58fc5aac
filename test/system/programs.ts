/** Starts the built program as real processes in a scratch folder, and leaves nothing behind. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { createInterface } from 'node:readline'
import { programFile } from '../../scripts/build.ts'

export const root = join(import.meta.dirname, '..', '..')
const launcher = join(root, 'holdfast')

/** Ended politely, so that nothing writes any more when the folder is removed. */
const politeMs = 8000

export interface Finished {
  readonly exit: number | null
  readonly out: string
  readonly error: string
}

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array | Readable
  /** Takes what comes on standard output, which is not kept then. */
  readonly takeOutput?: (bytes: Buffer) => void
  /** Words before the program: what it runs in, such as a namespace. */
  readonly within?: readonly string[]
  /** By the launcher, with what it gives to Node: as everyone runs it. */
  readonly isLaunched?: boolean
  /** It ends with this process, however that ends: roles do when they have a channel to who started them. */
  readonly endsWithUs?: boolean
}

/** Our own settings stay outside. */
const cleanEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('HOLDFAST_')),
)

/** One running program, whose lines on standard output can be waited for. */
export class RunningProgram {
  readonly process: ChildProcess
  readonly finished: Promise<Finished>
  readonly #lines: string[] = []
  readonly #waiting = new Set<() => void>()
  #out = ''
  #error = ''
  #ended = false

  constructor(line: readonly string[], options: ProgramOptions = {}) {
    const begin = options.isLaunched ? [launcher] : [process.execPath, programFile]
    const [command, ...words] = [...(options.within ?? []), ...begin, ...line]
    this.process = spawn(command!, words, {
      env: { ...cleanEnvironment, ...options.environment },
      stdio: ['pipe', 'pipe', 'pipe', ...(options.endsWithUs ? (['ipc'] as const) : [])],
    })
    const { stdin, stdout, stderr } = this.process
    stdin!.on('error', () => {})
    if (options.input instanceof Readable) options.input.pipe(stdin!)
    else stdin!.end(options.input)
    if (options.takeOutput) stdout!.on('data', options.takeOutput)
    else {
      createInterface({ input: stdout! }).on('line', (text) => this.#line(text))
      stdout!.on('data', (bytes: Buffer) => (this.#out += bytes.toString('latin1')))
    }
    stderr!.on('data', (bytes: Buffer) => (this.#error += bytes.toString()))
    this.finished = new Promise((resolve) => {
      this.process.on('close', (exit) => {
        this.#ended = true
        for (const look of this.#waiting) look()
        resolve({ exit, out: Buffer.from(this.#out, 'latin1').toString(), error: this.#error })
      })
    })
  }

  get pid(): number {
    return this.process.pid!
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  /** The first JSON line, past or to come, of which `isWanted` holds. */
  event<Event extends object>(isWanted: (event: Event) => boolean): Promise<Event> {
    let at = 0
    return new Promise((resolve, reject) => {
      const look = (): void => {
        for (; at < this.#lines.length; at += 1) {
          const event = JSON.parse(this.#lines[at]!) as Event
          if (!isWanted(event)) continue
          this.#waiting.delete(look)
          resolve(event)
          return
        }
        if (!this.#ended) return
        this.#waiting.delete(look)
        reject(new Error(`It ended without that line:\n${this.#out}${this.#error}`))
      }
      this.#waiting.add(look)
      look()
    })
  }

  #line(text: string): void {
    this.#lines.push(text)
    for (const look of this.#waiting) look()
  }
}

/** `up` as it says that it is ready. */
export interface ReadyLine {
  readonly ready: true
  readonly account: string
  readonly coordinator: { readonly address: string; readonly pid: number }
  readonly nodes: readonly {
    readonly name: string
    readonly address: string
    readonly pid: number
  }[]
}

/** A scratch folder with programs in it: all of it is gone when the test ends. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-system-'))
  readonly home = join(this.folder, 'home')
  readonly #running = new Set<RunningProgram>()

  constructor(context: TestContext) {
    context.after(() => this.#clear())
  }

  /** Starts a program in this home. */
  start(line: readonly string[], options: ProgramOptions = {}): RunningProgram {
    const running = new RunningProgram(['--home', this.home, ...line], options)
    this.#running.add(running)
    void running.finished.then(() => this.#running.delete(running))
    return running
  }

  /** Runs a command to its end. */
  run(line: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
    return this.start(line, options).finished
  }

  /** Starts a grid, with `--json`, and waits until it is ready. */
  async up(
    ports: GridPorts,
    more: readonly string[] = [],
    options: ProgramOptions = {},
  ): Promise<{ grid: RunningProgram; ready: ReadyLine }> {
    const grid = this.start(['up', '--json', ...ports.flags, ...more], options)
    const ready = await grid.event<ReadyLine>((event) => event.ready)
    return { grid, ready }
  }

  async #clear(): Promise<void> {
    const all = [...this.#running]
    for (const { process: child } of all) child.kill('SIGTERM')
    const patience = setTimeout(() => {
      for (const { process: child } of all) child.kill('SIGKILL')
    }, politeMs)
    await Promise.all(all.map(({ finished }) => finished))
    clearTimeout(patience)
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

export interface GridPorts {
  readonly coordinator: number
  readonly base: number
  readonly flags: readonly string[]
}

/** Ports for a coordinator and `nodes` nodes that nobody uses, below those that the system gives out. */
export async function freePorts(nodes = 8): Promise<GridPorts> {
  for (;;) {
    const coordinator = 12_000 + Math.floor(Math.random() * 18_000)
    const wanted = Array.from({ length: nodes + 1 }, (_, at) => coordinator + at)
    if ((await Promise.all(wanted.map(isFree))).every(Boolean)) {
      const base = coordinator + 1
      const flags = ['--coordinator-port', String(coordinator), '--base-port', String(base)]
      return { coordinator, base, flags }
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Whether a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
