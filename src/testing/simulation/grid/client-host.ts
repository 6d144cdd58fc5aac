/** A machine with a client of a simulated grid, wired as bin/client-world.ts does it. */
import { utf8 } from '../../../base/bytes.ts'
import { logIn, signUp } from '../../../client/accounts.ts'
import type { Credentials } from '../../../client/accounts.ts'
import { Client } from '../../../client/client.ts'
import type { ClientParts } from '../../../client/client.ts'
import type { Engine } from '../../../client/engine/engine.ts'
import { memorySessions } from '../../client/memory-sessions.ts'
import type { ControlTransport } from '../../../wire/transport.ts'
import { createFakeKeyWrap } from '../../fake-key-wrap.ts'
import { fakeOpaqueClient } from '../../fake-opaque.ts'
import { MemoryFiles } from '../../memory-files.ts'
import { SimulatedControlTransport } from '../simulated-control.ts'
import type { SimulatedTransportOptions } from '../simulated-control.ts'
import type { EngineRooms } from './engine-rooms.ts'
import { KeptIndexes } from './kept-indexes.ts'
import { Machine } from './machine.ts'
import type { MachineOptions } from './machine.ts'
import type { Plants } from './plants.ts'
import type { SimulatedProcess } from './process.ts'
import { unreliableTransport } from './unreliable-transport.ts'

export interface ClientHostOptions extends MachineOptions {
  readonly account: string
  readonly coordinatorAddress: string
  readonly rooms: EngineRooms
  readonly plants?: Plants
}

export class ClientHost extends Machine {
  readonly account: string
  readonly files: MemoryFiles
  readonly #options: ClientHostOptions
  readonly #sessions = memorySessions()
  readonly #indexes = new KeptIndexes()
  /** Chance that an answer is lost on its way, or that a request is sent twice. */
  answersLost = 0
  #leaveRooms: (() => void)[] = []

  constructor(options: ClientHostOptions) {
    super(options)
    this.#options = options
    this.account = options.account
    this.files = new MemoryFiles(() => options.parts.scheduler.nowMs)
  }

  async signUp(): Promise<void> {
    await signUp(this.#parts(this.begin()), this.#credentials)
  }

  async logIn(): Promise<void> {
    await logIn(this.#parts(this.begin()), this.#credentials)
  }

  /** A client program that begins now; it has to be closed unless it crashes. */
  open(): Client {
    return Client.open(this.#parts(this.process ?? this.begin()), { name: this.account })
  }

  crash({ silent }: { readonly silent: boolean }): void {
    this.end({ silent })
    for (const leave of this.#leaveRooms.splice(0)) leave()
  }

  forgetIndexes(): void {
    this.#indexes.forgetIndexes()
  }

  /** At the end of the world. */
  close(): void {
    this.crash({ silent: true })
    this.#indexes.close()
  }

  get #credentials(): Credentials {
    const { coordinatorAddress: address, account: name } = this.#options
    return { address, name, password: utf8(`${name}'s secret`) }
  }

  #parts(process: SimulatedProcess): ClientParts {
    const { clock, random, network } = process
    const { primitives } = this.parts
    return {
      clock,
      random,
      primitives,
      opaque: () => Promise.resolve(fakeOpaqueClient({ primitives, random })),
      keyWrap: () => Promise.resolve(createFakeKeyWrap(primitives, random)),
      transport: (address) => this.#transport({ network, address, clock }),
      sessions: this.#sessions,
      indexes: this.#indexes,
      logger: this.logger,
      network,
      files: this.files,
      engine: (slotBytes) => this.#engine(process, slotBytes),
    }
  }

  #transport(options: SimulatedTransportOptions): ControlTransport {
    return unreliableTransport(new SimulatedControlTransport(options), {
      random: this.random,
      chance: () => this.answersLost,
      count: this.parts.count,
      clock: options.clock,
    })
  }

  #engine({ random }: SimulatedProcess, slotBytes: number): Engine {
    const { primitives } = this.parts
    const user = { primitives, random, files: this.files }
    const { plants, rooms } = this.#options
    const { engine, leave } = rooms.open(user, slotBytes)
    this.#leaveRooms.push(leave)
    return {
      ...(plants?.wrapEngine?.(engine) ?? engine),
      close: () => {
        leave()
        return Promise.resolve()
      },
    }
  }
}
