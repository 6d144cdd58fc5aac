/** A server and those who ask it, over whatever carries their requests. */
import type { Clock } from '../../../base/clock.ts'
import type {
  ControlHandler,
  ControlHttpAnswer,
  ControlTransport,
} from '../../../wire/transport.ts'

export interface ControlUnderTest {
  readonly clock: Clock
  /** At the given address, or anywhere. */
  serve(handler: ControlHandler, address?: string): Promise<ControlServer>
  transport(address: string): ControlTransport
  /** Lets the outside go on until `done` settles. */
  run<Value>(done: Promise<Value>): Promise<Value>
}

export interface ControlServer {
  readonly address: string
  /** Takes nothing more, and resolves when what is under way was answered. */
  close(): Promise<void>
}

export type ControlCheck = (scene: ControlScene) => Promise<void>

export const message = { path: '/v1/x', headers: {}, body: new Uint8Array(0) }
/** Of those who are to be answered. */
export const patience = { timeoutMs: 20_000 }

export class ControlScene {
  readonly world: ControlUnderTest
  readonly #servers: ControlServer[] = []
  readonly #transports: ControlTransport[] = []

  constructor(world: ControlUnderTest) {
    this.world = world
  }

  async serve(handler: ControlHandler, address?: string): Promise<ControlServer> {
    const server = await this.world.serve(handler, address)
    this.#servers.push(server)
    return server
  }

  transport({ address }: { readonly address: string }): ControlTransport {
    const transport = this.world.transport(address)
    this.#transports.push(transport)
    return transport
  }

  /** Somebody who asks a server with this handler. */
  async asking(handler: ControlHandler): Promise<ControlTransport> {
    return this.transport(await this.serve(handler))
  }

  async end(): Promise<void> {
    for (const transport of this.#transports) transport.close()
    await Promise.all(this.#servers.map((server) => server.close()))
  }
}

export function answerOf(body: Uint8Array): ControlHttpAnswer {
  return { status: 200, headers: {}, body }
}

export const echo: ControlHandler = ({ body }) => Promise.resolve(answerOf(body))

/** Holds requests until they are let go, and tells when so many have come. */
export class Gate {
  readonly handle: ControlHandler
  readonly #held: (() => void)[] = []
  #told: (() => void) | undefined

  constructor() {
    this.handle = ({ body }) => {
      const { promise, resolve } = Promise.withResolvers<ControlHttpAnswer>()
      this.#held.push(() => resolve(answerOf(body)))
      this.#told?.()
      return promise
    }
  }

  holds(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#told = () => {
        if (this.#held.length >= count) resolve()
      }
      this.#told()
    })
  }

  /** The newest first. */
  open(): void {
    for (const answer of this.#held.splice(0).toReversed()) answer()
  }
}
