/** A whole grid of the built program, and commands against it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { cleanEnvironment, measure, run } from './command.ts'
import type { Command } from './command.ts'
import { end } from './scratch.ts'
import type { Scratch } from './scratch.ts'
import type { ServerProcess, Usage } from './usage.ts'

export const program = join(import.meta.dirname, '..', '..', 'holdfast')
const downWithinMs = 10_000
const readyWithinMs = 60_000

interface UpReady {
  readonly coordinator: { readonly pid: number }
  readonly nodes: readonly { readonly name: string; readonly pid: number }[]
}

interface Status {
  readonly nodes: readonly { readonly name: string; readonly state: string }[]
}

export interface GridParts {
  readonly home: string
  /** The coordinator, then the nodes. */
  readonly servers: readonly ServerProcess[]
  /** What is to be ended with it. */
  readonly children: readonly ChildProcess[]
}

export class Grid {
  readonly #scratch: Scratch
  readonly #parts: GridParts

  constructor(scratch: Scratch, parts: GridParts) {
    this.#scratch = scratch
    this.#parts = parts
  }

  /** Of `nodes` nodes in a new home on the disk, by `up`; a process that dies stays dead. */
  static async start(scratch: Scratch, nodes = 4): Promise<Grid> {
    const home = scratch.diskFolder('grid')
    const port = await scratch.ports(nodes + 1)
    const flags = ['--coordinator-port', port, '--base-port', port + 1, '--nodes', nodes]
    const up = startServer(scratch, ['up', '--home', home, '--no-restart', ...flags.map(String)])
    const ready = await readyLine<UpReady>(up)
    const servers = [{ name: 'coordinator', pid: ready.coordinator.pid }, ...ready.nodes]
    return new Grid(scratch, { home, servers, children: [up] })
  }

  get home(): string {
    return this.#parts.home
  }

  get servers(): readonly ServerProcess[] {
    return this.#parts.servers
  }

  get nodes(): readonly ServerProcess[] {
    return this.servers.slice(1)
  }

  /** What the shipped launcher runs, measured. */
  measure(line: readonly string[], options: Partial<Command> = {}): Promise<Usage> {
    return measure(this.#scratch, this.#command(line, options), this.servers)
  }

  /** The same for what nobody measures: its standard output. */
  run(line: readonly string[], options: Partial<Command> = {}): Promise<string> {
    return run(this.#scratch, this.#command(line, options))
  }

  /** Kills a node for good; resolves when the coordinator knows. */
  async kill({ name, pid }: ServerProcess): Promise<void> {
    process.kill(pid, 'SIGKILL')
    const endMs = performance.now() + downWithinMs
    while ((await this.#stateOf(name)) !== 'down') {
      if (performance.now() > endMs) throw new Error(`${name} was killed and is not called down`)
      await wait(100)
    }
  }

  /** Ends it and removes its home. */
  async stop(): Promise<void> {
    await Promise.all(this.#parts.children.map(end))
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  async #stateOf(name: string): Promise<string | undefined> {
    const status = JSON.parse(await this.run(['status', '--json'])) as Status
    return status.nodes.find((node) => node.name === name)?.state
  }

  #command(line: readonly string[], options: Partial<Command>): Command {
    return { ...options, program, line: [...line, '--home', this.home] }
  }
}

/** Runs `body` with a grid that is gone afterwards. */
export async function withGrid<Value>(
  scratch: Scratch,
  nodes: number,
  body: (grid: Grid) => Promise<Value>,
): Promise<Value> {
  const grid = await Grid.start(scratch, nodes)
  try {
    return await body(grid)
  } finally {
    await grid.stop()
  }
}

/** The built program as a server that says when it is ready. */
export function startServer(scratch: Scratch, line: readonly string[]): ChildProcess {
  return scratch.own(
    spawn(program, [...line, '--json'], {
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
}

/** The first line it prints. Rejects when it ends, or takes too long. */
export function readyLine<Ready>(server: ChildProcess): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`${server.spawnargs.join(' ')} is not ready: ${why}`))
    const patience = setTimeout(() => fail(`${readyWithinMs} ms have passed`), readyWithinMs)
    createInterface({ input: server.stdout! }).once('line', (text) => {
      clearTimeout(patience)
      resolve(JSON.parse(text) as Ready)
    })
    server.once('close', (exit) => {
      clearTimeout(patience)
      fail(`it ended with ${exit}`)
    })
  })
}
