/** One process of a simulated machine: its clock, its random bytes, its way to the network, until it ends. */
import type { Clock, Timer } from '../../../base/clock.ts'
import type { Connection, Network } from '../../../base/network.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** A moment at which the process may die. */
export type Step = 'send' | 'receive' | 'disk-read' | 'disk-change' | 'sql'

/** Thrown in a process that died, where nothing else can stop it. */
export class ProcessEnded extends Error {}

export interface ProcessOptions {
  readonly scheduler: Scheduler
  readonly network: Network
  readonly random: SeededRandom
  /** How far the wall clock of this machine is off, ms. */
  readonly clockOffsetMs: number
  /** Called at each step, before it is done; may end the process. */
  readonly step: (step: Step) => void
}

const noTimer: Timer = { cancel() {} }

/** After its end it does nothing more that anyone could notice: timers and bytes of before are lost. */
export class SimulatedProcess {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly network: Network
  readonly #step: (step: Step) => void
  #ended = false

  constructor(options: ProcessOptions) {
    this.random = options.random
    this.#step = options.step
    this.clock = this.#clock(options.scheduler.clock(options.clockOffsetMs))
    this.network = this.#network(options.network)
  }

  get ended(): boolean {
    return this.#ended
  }

  end(): void {
    this.#ended = true
  }

  /** Tells that the process is about to do something outside; false when it died of that. */
  step(step: Step): boolean {
    if (!this.#ended) this.#step(step)
    return !this.#ended
  }

  #clock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      timer: (delayMs, run, options) => {
        if (this.#ended) return noTimer
        const unlessEnded = (): void => {
          if (!this.#ended) run()
        }
        return clock.timer(delayMs, unlessEnded, options)
      },
    }
  }

  #network(network: Network): Network {
    return {
      connect: async (address, options) =>
        this.#stepping(await network.connect(address, { ...options })),
      listen: (address, accept) =>
        network.listen(address, (connection) => accept(this.#stepping(connection))),
    }
  }

  #stepping(connection: Connection): Connection {
    return {
      remoteAddress: connection.remoteAddress,
      secure: connection.secure,
      write: (blocks) => (this.step('send') ? connection.write(blocks) : true),
      drained: () => connection.drained(),
      onBytes: (receive) =>
        connection.onBytes((bytes) => {
          if (this.step('receive')) receive(bytes)
        }),
      onClose: (closed) =>
        connection.onClose((reason) => {
          if (!this.#ended) closed(reason)
        }),
      pause: () => connection.pause(),
      resume: () => connection.resume(),
      end: () => connection.end(),
      destroy: () => connection.destroy(),
    }
  }
}
