/** A grid whose programs run alone from files, so that each can be killed, moved and started again. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Finished, ProgramOptions, RunningProgram } from './programs.ts'
import { freePorts, Scratch } from './programs.ts'

/** Longer than any healthy wait on a machine that is busy with other things. */
const patienceMs = 240_000
const pollMs = 150

export const password = 'correct horse battery staple'
const account = 'ada'

export interface GridOptions {
  readonly nodes?: number
  /** Lines for `[grid]`, `[coordinator]` and `[node]`. */
  readonly toml?: { readonly grid?: string; readonly coordinator?: string; readonly node?: string }
  readonly zoneOf?: (node: string) => string
  readonly hostOf?: (program: string) => string
  readonly folderOf?: (program: string) => string | undefined
  /** Words before a program or, of `client`, before commands: the namespace they run in. */
  readonly within?: (program: string) => readonly string[]
  /** Where others are told that the program is, when that is not where it listens. */
  readonly announced?: (program: string, address: string) => string
}

export interface Status {
  readonly coordinator: { readonly state: string }
  readonly nodes: readonly {
    readonly name: string
    readonly state: string
    readonly store?: string
    readonly usedBytes?: number
    readonly freeBytes?: number
  }[]
  readonly vaults: readonly {
    readonly name: string
    readonly files: number
    readonly complete: number
    readonly degraded: number
    readonly unknown: number
    readonly lost: number
  }[]
}

export interface ErrorLine {
  readonly code: string
  readonly message: string
  readonly hint: string
}

export class Grid {
  readonly scratch: Scratch
  /** `n1`, `n2`… */
  readonly nodes: readonly string[]
  readonly #options: GridOptions
  readonly #running = new Map<string, RunningProgram>()

  private constructor(scratch: Scratch, options: GridOptions) {
    this.scratch = scratch
    this.#options = options
    this.nodes = Array.from({ length: options.nodes ?? 4 }, (_, at) => `n${at + 1}`)
  }

  /** Starts all programs and signs the account `ada` up, in the scratch folder's own home. */
  static async start(context: TestContext, options: GridOptions = {}): Promise<Grid> {
    const grid = new Grid(new Scratch(context), options)
    await grid.#configure()
    await Promise.all(grid.programs.map((name) => grid.start(name)))
    await grid.signUp()
    await grid.allUp()
    return grid
  }

  get programs(): readonly string[] {
    return ['coordinator', ...this.nodes]
  }

  /** Starts a program and resolves when it says that it serves. */
  async start(name: string, options: ProgramOptions = {}): Promise<RunningProgram> {
    const role = name === 'coordinator' ? name : 'node'
    const within = this.#options.within?.(name) ?? []
    const line = [role, '--json', '--config', this.configOf(name)]
    const program = this.scratch.start(line, { within, endsWithUs: true, ...options })
    this.#running.set(name, program)
    await program.event<{ ready: true }>(({ ready }) => ready)
    return program
  }

  program(name: string): RunningProgram {
    return this.#running.get(name)!
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(...names: readonly string[]): Promise<void> {
    await this.#end('SIGKILL', names)
  }

  /** SIGTERM; resolves when it has ended. */
  async stop(...names: readonly string[]): Promise<void> {
    await this.#end('SIGTERM', names)
  }

  async #end(signal: NodeJS.Signals, names: readonly string[]): Promise<void> {
    const programs = names.map((name) => this.program(name))
    for (const { process: child } of programs) child.kill(signal)
    await Promise.all(programs.map(({ finished }) => finished))
  }

  configOf(name: string): string {
    return join(this.scratch.folder, `${name}.toml`)
  }

  folderOf(name: string): string {
    return this.#options.folderOf?.(name) ?? join(this.scratch.folder, name)
  }

  /** Where a node keeps its shards. */
  storeOf(name: string): string {
    return join(this.folderOf(name), 'store')
  }

  /** A client command in the home of `ada`. */
  run(line: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
    const within = this.#options.within?.('client') ?? []
    return this.scratch.run([...line, '--json'], { within, ...options })
  }

  /** Runs a command that must succeed, and gives its document. */
  async must<Document>(...line: readonly string[]): Promise<Document> {
    const { exit, out, error } = await this.run(line)
    assert.equal(exit, 0, `${line.join(' ')}: ${error}${out}`)
    return JSON.parse(out) as Document
  }

  async signUp(name = account, options: ProgramOptions = {}): Promise<void> {
    const environment = { HOLDFAST_PASSWORD: password }
    const { exit, error } = await this.run(['signup', name], { ...options, environment })
    assert.equal(exit, 0, error)
  }

  async status(): Promise<Status> {
    return await this.must<Status>('status')
  }

  /** Asks for the status until the condition holds of it. */
  async until(what: string, holds: (status: Status) => boolean): Promise<Status> {
    const endMs = performance.now() + patienceMs
    for (;;) {
      const { exit, out, error } = await this.run(['status'])
      const status = exit === 0 ? (JSON.parse(out) as Status) : undefined
      if (status && holds(status)) return status
      if (performance.now() > endMs) assert.fail(`Never ${what}: ${out}${error}${this.#logs()}`)
      await wait(pollMs)
    }
  }

  async allUp(): Promise<Status> {
    return await this.until('all up', areAllUp)
  }

  async areDown(...names: readonly string[]): Promise<Status> {
    return await this.until(`${names.join(', ')} down`, ({ nodes }) =>
      nodes.every(({ name, state }) => (state === 'down') === names.includes(name)),
    )
  }

  /** All nodes up, every file complete. */
  async complete(): Promise<Status> {
    return await this.until(
      'complete',
      (status) =>
        areAllUp(status) &&
        status.vaults.every(({ degraded, unknown, lost }) => degraded + unknown + lost === 0),
    )
  }

  /** The last lines of each log, for a failure. */
  #logs(): string {
    const ends = this.programs.map((name) => {
      const file = join(this.folderOf(name), 'log')
      const log = existsSync(file) ? readFileSync(file, 'utf8') : ''
      return `--- ${name}\n${log.split('\n').slice(-12).join('\n')}`
    })
    return `\n${ends.join('\n')}`
  }

  async #configure(): Promise<void> {
    const { toml = {}, hostOf = () => '127.0.0.1', announced, zoneOf } = this.#options
    mkdirSync(this.scratch.home)
    const ports = await freePorts(this.nodes.length)
    const section = `[grid]\n${toml.grid ?? ''}\n`
    const at = `${hostOf('coordinator')}:${ports.coordinator}`
    const identity = await this.#identityOf('coordinator', section)
    const known = (address: string): string =>
      `coordinator = "${address}"\ncoordinatorIdentity = "${identity}"\n`
    const told = announced?.('coordinator', at) ?? at
    writeFileSync(join(this.scratch.home, 'config.toml'), `${section}[client]\n${known(told)}`)
    const entries = this.nodes.map(async (name, index) => {
      const address = `${hostOf(name)}:${ports.base + index}`
      const own = `name = "${name}"\nlisten = "${address}"\nfolder = "${this.folderOf(name)}"\n`
      const file = `${section}[node]\n${own}${known(at)}${toml.node ?? ''}\n`
      const key = await this.#identityOf(name, file)
      const zone = zoneOf ? `zone = "${zoneOf(name)}"\n` : ''
      const place = announced?.(name, address) ?? address
      return `[[coordinator.nodes]]\nname = "${name}"\naddress = "${place}"\n${zone}identity = "${key}"\n`
    })
    const own = `listen = "${at}"\nfolder = "${this.folderOf('coordinator')}"\n`
    const settings = `${section}[coordinator]\n${own}${toml.coordinator ?? ''}\n`
    writeFileSync(this.configOf('coordinator'), settings + (await Promise.all(entries)).join(''))
  }

  async #identityOf(name: string, file: string): Promise<string> {
    const role = name === 'coordinator' ? name : 'node'
    const folder = `[coordinator]\nfolder = "${this.folderOf(name)}"\n`
    writeFileSync(this.configOf(name), name === 'coordinator' ? file + folder : file)
    const within = this.#options.within?.(name) ?? []
    const line = [role, '--identity', '--config', this.configOf(name)]
    const { exit, out, error } = await this.scratch.run(line, { within })
    assert.equal(exit, 0, error)
    return out.trim()
  }
}

function areAllUp({ nodes }: Status): boolean {
  return nodes.every(({ state }) => state === 'up')
}

/** The error that a command with `--json` ended with. */
export function errorOf({ error }: Finished): ErrorLine {
  const last = error.trimEnd().split('\n').at(-1)!
  return (JSON.parse(last) as { error: ErrorLine }).error
}
