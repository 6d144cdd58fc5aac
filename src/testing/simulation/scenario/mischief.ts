/** What goes wrong in a world, by chance of the seed, and how each of it is healed. */
import { sleep } from '../../../base/clock.ts'
import { HoldfastError } from '../../../base/errors.ts'
import type { SimulatedGrid } from '../grid/grid.ts'
import type { Machine } from '../grid/machine.ts'
import type { NodeHost } from '../grid/node-host.ts'
import { ProcessEnded } from '../grid/process.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { failDisk, fillDisk, vanishDisk } from './bad-disks.ts'
import {
  cutLink,
  flipInFlight,
  loseAnswers,
  refuseConnects,
  resetLink,
  slowLink,
} from './bad-links.ts'
import { emptyDisk, flipAtRest, restoreImage, tellLies } from './betrayals.ts'
import { crashClientSoon, crashCoordinatorSoon, crashNodeSoon } from './crashes.ts'
import type { Deed, Illness, Restartable, Stage } from './stage.ts'
import type { Troubles } from './troubles.ts'

const deeds = {
  'node-crash': crashNodeSoon,
  'coordinator-crash': crashCoordinatorSoon,
  'client-crash': crashClientSoon,
  cut: cutLink,
  reset: resetLink,
  slow: slowLink,
  'flips-in-flight': flipInFlight,
  'no-connects': refuseConnects,
  'answers-lost': loseAnswers,
  'full-disk': fillDisk,
  'bad-disk': failDisk,
  'disk-gone': vanishDisk,
  'flips-at-rest': flipAtRest,
  lies: tellLies,
  'old-image': restoreImage,
  emptied: emptyDisk,
  sleep: sleepAll,
} satisfies Readonly<Record<string, Deed>>

export type MischiefKind = keyof typeof deeds

export const mischiefKinds = Object.keys(deeds) as MischiefKind[]

export interface MischiefOptions {
  readonly grid: SimulatedGrid
  readonly troubles: Troubles
  readonly random: SeededRandom
  readonly faithless: readonly NodeHost[]
  readonly kinds: readonly MischiefKind[]
  readonly pauseMsMax: number
}

const illMsMax = 6_000
const downMsMax = 6_000
const againMs = 250
const sleepMsMax = 2 * 3_600_000

/** All machines stand still for a while, as one that was suspended. */
function sleepAll(stage: Stage): void {
  const { scheduler } = stage.grid.parts
  const ms = stage.random.fraction() ** 3 * sleepMsMax
  const machine = stage.grid.coordinator.name
  stage.ill({ machine, what: `everything sleeps ${ms.toFixed(0)} ms`, heal: () => {}, mostMs: 0 })
  stage.grid.parts.count('sleep: all machines at once')
  scheduler.skip(ms)
}

export class Mischief implements Stage {
  readonly grid: SimulatedGrid
  readonly troubles: Troubles
  readonly random: SeededRandom
  readonly faithless: readonly NodeHost[]
  readonly #kinds: readonly MischiefKind[]
  readonly #pauseMsMax: number
  readonly #healing = new Set<() => void>()
  readonly #starting = new Set<Promise<void>>()
  #stopped = false

  constructor({ grid, troubles, random, faithless, ...rest }: MischiefOptions) {
    this.grid = grid
    this.troubles = troubles
    this.random = random
    this.faithless = faithless
    this.#kinds = rest.kinds
    this.#pauseMsMax = rest.pauseMsMax
  }

  /** Does one thing after the other until stopped. */
  async run(): Promise<void> {
    while (!this.#stopped && this.#kinds.length > 0) {
      await this.#pass(this.random.fraction() * this.#pauseMsMax)
      if (this.#stopped) return
      const kind = this.random.pick(this.#kinds)
      this.grid.parts.count(`mischief: ${kind}`)
      deeds[kind](this)
    }
  }

  /** No more of it, and everything heals: all machines run, links and disks are well. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const machine of this.#machines()) machine.spare()
    for (const heal of this.#healing) heal()
    while (this.#starting.size > 0) await Promise.all(this.#starting)
  }

  ill({ machine, what, heal, mostMs = illMsMax }: Illness): void {
    const { trace, scheduler } = this.grid.parts
    trace.note(machine, what)
    const trouble = this.troubles.begin(machine, what)
    const healOnce = (): void => {
      if (!this.#healing.delete(healOnce)) return
      trace.note(machine, `no more: ${what}`)
      this.troubles.end(trouble)
      heal()
    }
    this.#healing.add(healOnce)
    if (mostMs < Infinity) scheduler.after(this.random.fraction() * mostMs, healOnce)
  }

  restart(machine: Restartable): void {
    const trouble = this.troubles.begin(machine.name, 'is down')
    const starting = this.#start(machine).finally(() => {
      this.#starting.delete(starting)
      this.troubles.end(trouble)
    })
    this.#starting.add(starting)
  }

  /** As a supervisor does: again and again, in no hurry after the first time. */
  async #start(machine: Restartable): Promise<void> {
    let pauseMs = this.random.fraction() ** 2 * downMsMax
    while (machine.process === undefined) {
      await this.#pass(pauseMs)
      pauseMs = Math.max(pauseMs, againMs)
      if (machine.process !== undefined) return
      try {
        // Asked for before: it may die while it begins
        const { ended } = machine
        await Promise.race([machine.start(), ended])
      } catch (error) {
        if (!isMisfortune(error)) throw error
        this.grid.parts.trace.note(machine.name, `cannot start: ${error.message}`)
      }
    }
  }

  #machines(): Machine[] {
    const { nodes, clients, coordinator } = this.grid
    return [...nodes, ...clients, coordinator]
  }

  #pass(ms: number): Promise<void> {
    return sleep(this.grid.parts.scheduler.clock(), ms)
  }
}

/** What may keep a program from starting: anything else is a defect. */
function isMisfortune(error: unknown): error is Error {
  if (error instanceof HoldfastError || error instanceof ProcessEnded) return true
  return error instanceof Error && error.message.startsWith('EIO: simulated')
}
