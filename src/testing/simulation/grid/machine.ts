/** What all machines of a simulated grid share, and what each of them is. */
import type { LogFields, Logger } from '../../../base/logger.ts'
import type { Primitives } from '../../../core/primitives.ts'
import type { Count } from '../counters.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { SimulatedNetwork } from '../simulated-network.ts'
import type { Trace } from '../trace.ts'
import { SimulatedProcess } from './process.ts'
import type { Step } from './process.ts'

export interface GridParts {
  readonly scheduler: Scheduler
  readonly network: SimulatedNetwork
  readonly primitives: Primitives
  readonly trace: Trace
  readonly gridSecret: Uint8Array
  readonly count: Count
}

export interface MachineOptions {
  readonly parts: GridParts
  readonly name: string
  readonly random: SeededRandom
  /** How far its wall clock is off, ms. */
  readonly clockOffsetMs: number
}

/** A named host on which one process runs at a time. */
export class Machine {
  readonly parts: GridParts
  readonly name: string
  readonly random: SeededRandom
  readonly clockOffsetMs: number
  #process: SimulatedProcess | undefined
  #ended = Promise.withResolvers<'ended'>()
  #plan: { readonly step: Step; left: number; readonly die: () => void } | undefined

  constructor({ parts, name, random, clockOffsetMs }: MachineOptions) {
    this.parts = parts
    this.name = name
    this.random = random
    this.clockOffsetMs = clockOffsetMs
  }

  get process(): SimulatedProcess | undefined {
    return this.#process
  }

  /** Resolves when the process that runs now has ended. */
  get ended(): Promise<'ended'> {
    return this.#ended.promise
  }

  note(what: string): void {
    this.parts.trace.note(this.name, what)
  }

  /** Warnings and errors of its programs are in the trace. */
  get logger(): Logger {
    const tell = (event: string, fields: LogFields = {}): void => {
      this.note(`${event} ${JSON.stringify(fields)}`)
    }
    return { debug: tell, info: tell, warn: tell, error: tell }
  }

  /** What its wall clock shows. */
  wallMs(): number {
    return this.parts.scheduler.clock(this.clockOffsetMs).nowMs()
  }

  /** A process in the place of the last, which has ended. */
  begin(): SimulatedProcess {
    const { scheduler, network } = this.parts
    this.#process = new SimulatedProcess({
      scheduler,
      network: network.host(this.name),
      random: this.random.fork(),
      clockOffsetMs: this.clockOffsetMs,
      step: (step) => this.#stepped(step),
    })
    return this.#process
  }

  /** Ends the process, if there is one, and its connections; `silent` ones do not tell the other ends. */
  end(options: { readonly silent: boolean }): void {
    this.#plan = undefined
    this.#process?.end()
    this.#process = undefined
    this.#ended.resolve('ended')
    this.#ended = Promise.withResolvers()
    this.parts.network.crash(this.name, options)
  }

  /** At the `count`-th step of this kind from now on, `die` is called, once. */
  dieAt(step: Step, count: number, die: () => void): void {
    this.#plan = { step, left: count, die }
  }

  /** Takes `dieAt` back. */
  spare(): void {
    this.#plan = undefined
  }

  #stepped(step: Step): void {
    const plan = this.#plan
    if (plan?.step !== step) return
    plan.left -= 1
    if (plan.left > 0) return
    this.#plan = undefined
    plan.die()
  }
}
