/** A machine where commands run, each as a client of its own, as bin/ runs them. */
import { utf8 } from '../../base/bytes.ts'
import { silentLogger } from '../../base/logger.ts'
import { argument } from '../../cli/arguments.ts'
import type { Argument } from '../../cli/command.ts'
import { commands } from '../../cli/commands.ts'
import { main } from '../../cli/main.ts'
import { cat } from '../../cli/run/cat.ts'
import type { ClientRun } from '../../cli/run/command-world.ts'
import { get } from '../../cli/run/get.ts'
import { ls } from '../../cli/run/ls.ts'
import { put } from '../../cli/run/put.ts'
import { rm } from '../../cli/run/rm.ts'
import { stat } from '../../cli/run/stat.ts'
import { status } from '../../cli/run/status.ts'
import { vaultCreate } from '../../cli/run/vaults.ts'
import { logIn, signUp } from '../../client/accounts.ts'
import { nodeFiles } from '../../client/adapters/node-files.ts'
import { Client } from '../../client/client.ts'
import type { ClientParts } from '../../client/client.ts'
import { standardInput } from '../../client/engine/local-files.ts'
import type { LocalFiles } from '../../client/engine/local-files.ts'
import { memorySessions } from '../client/memory-sessions.ts'
import { createFakeKeyWrap } from '../fake-key-wrap.ts'
import { fakeOpaqueClient } from '../fake-opaque.ts'
import type { EngineRooms } from '../simulation/grid/engine-rooms.ts'
import { KeptIndexes } from '../simulation/grid/kept-indexes.ts'
import { Machine } from '../simulation/grid/machine.ts'
import type { MachineOptions } from '../simulation/grid/machine.ts'
import { SimulatedControlTransport } from '../simulation/simulated-control.ts'
import { Hearing } from './hearing.ts'

export interface CommandHostOptions extends MachineOptions {
  readonly rooms: EngineRooms
  /** Relative paths of commands begin here. */
  readonly folder: string
}

export interface CommandOptions {
  readonly input?: Uint8Array
  readonly signal?: AbortSignal
  readonly hearing?: Hearing
}

export interface Finished {
  readonly exit: number
  readonly hearing: Hearing
  /** What `--json` printed on standard output. */
  readonly document: any
}

const runs: Readonly<Record<string, ClientRun>> = {
  put,
  get,
  cat,
  ls,
  stat,
  rm,
  status,
  'vault create': vaultCreate,
}

export class CommandHost extends Machine {
  readonly #options: CommandHostOptions
  readonly #sessions = memorySessions()
  readonly #indexes = new KeptIndexes()
  /** What commands touch: a test may put something in between. */
  files: LocalFiles

  constructor(options: CommandHostOptions) {
    super(options)
    this.#options = options
    this.files = nodeFiles
    this.begin()
  }

  async signUp(): Promise<void> {
    const credentials = {
      address: 'coordinator:10000',
      name: 'local',
      password: utf8('a password'),
    }
    await signUp(this.#parts(this.files), credentials)
    await logIn(this.#parts(this.files), credentials)
  }

  /** Runs a command line, without the program's name. */
  async run(
    line: readonly (string | Uint8Array)[],
    options: CommandOptions = {},
  ): Promise<Finished> {
    const { input, signal = new AbortController().signal, hearing = new Hearing() } = options
    const files = withInput(this.files, input)
    const exit = await main(line.map(argumentOf), {
      commands,
      load: async (name) => async (context) => {
        const client = Client.open(this.#parts(files), { signal })
        try {
          return await runs[name]!(context, client)
        } finally {
          await client.close()
        }
      },
      version: 'test',
      terminal: hearing.terminal,
      clock: this.process!.clock,
      environment: {},
      signal,
    })
    const json = line.includes('--json') && hearing.text.startsWith('{')
    return { exit, hearing, document: json ? JSON.parse(hearing.text) : undefined }
  }

  /** A client that the test drives by itself; it closes it. */
  client(signal?: AbortSignal): Client {
    return Client.open(this.#parts(this.files), signal ? { signal } : {})
  }

  close(): void {
    this.end({ silent: true })
    this.#indexes.close()
  }

  #parts(files: LocalFiles): ClientParts {
    const { clock, random, network } = this.process!
    const { primitives } = this.parts
    return {
      clock,
      random,
      primitives,
      opaque: () => Promise.resolve(fakeOpaqueClient({ primitives, random })),
      keyWrap: () => Promise.resolve(createFakeKeyWrap(primitives, random)),
      transport: (address) => new SimulatedControlTransport({ network, address, clock }),
      sessions: this.#sessions,
      indexes: this.#indexes,
      logger: silentLogger,
      network,
      files,
      engine: (slotBytes) => {
        const { engine, leave } = this.#options.rooms.open({ primitives, random, files }, slotBytes)
        return { ...engine, close: async () => leave() }
      },
    }
  }
}

function argumentOf(given: string | Uint8Array): Argument {
  if (typeof given === 'string') return argument(given)
  return { text: new TextDecoder().decode(given), bytes: given }
}

/** Standard input gives these bytes. */
function withInput(files: LocalFiles, input: Uint8Array = new Uint8Array()): LocalFiles {
  let at = 0
  return {
    ...files,
    read(handle, target, position) {
      if (handle !== standardInput) return files.read(handle, target, position)
      const piece = input.subarray(at, at + target.length)
      target.set(piece)
      at += piece.length
      return piece.length
    },
  }
}
