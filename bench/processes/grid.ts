/** A whole grid of the built program, and commands against it. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { cleanEnvironment, measure, run } from './command.ts'
import type { Command, CommandResult } from './command.ts'
import { end } from './scratch.ts'
import type { Scratch } from './scratch.ts'
import type { ServerProcess } from './usage.ts'

const program = join(import.meta.dirname, '..', '..', 'holdfast')
const downWithinMs = 10_000

interface ReadyLine {
  readonly coordinator: { readonly pid: number }
  readonly nodes: readonly { readonly name: string; readonly pid: number }[]
}

interface Status {
  readonly nodes: readonly { readonly name: string; readonly state: string }[]
}

export class Grid {
  readonly home: string
  /** The coordinator, then the nodes. */
  readonly servers: readonly ServerProcess[]
  readonly #scratch: Scratch
  readonly #up: ChildProcess

  private constructor(scratch: Scratch, up: ChildProcess, grid: Pick<Grid, 'home' | 'servers'>) {
    this.#scratch = scratch
    this.#up = up
    this.home = grid.home
    this.servers = grid.servers
  }

  /** Of `nodes` nodes in a new home on the disk; a process that dies stays dead. */
  static async start(scratch: Scratch, nodes = 4): Promise<Grid> {
    const home = scratch.diskFolder('grid')
    const port = await scratch.ports(nodes + 1)
    const flags = ['--coordinator-port', port, '--base-port', port + 1, '--nodes', nodes]
    const line = ['up', '--home', home, '--json', '--no-restart', ...flags.map(String)]
    const up = scratch.own(
      spawn(program, line, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] }),
    )
    const ready = await readyLine(up)
    const servers = [{ name: 'coordinator', pid: ready.coordinator.pid }, ...ready.nodes]
    return new Grid(scratch, up, { home, servers })
  }

  get nodes(): readonly ServerProcess[] {
    return this.servers.slice(1)
  }

  /** What the shipped launcher runs, measured. */
  measure(line: readonly string[], options: Partial<Command> = {}): Promise<CommandResult> {
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
    await end(this.#up)
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

function readyLine(up: ChildProcess): Promise<ReadyLine> {
  return new Promise((resolve, reject) => {
    createInterface({ input: up.stdout! }).once('line', (text) =>
      resolve(JSON.parse(text) as ReadyLine),
    )
    up.once('close', (exit) => reject(new Error(`up ended with ${exit} before it was ready`)))
  })
}
