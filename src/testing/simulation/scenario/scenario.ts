/** One seed's whole story: a grid, its users, what goes wrong, and what must hold at the end. */
import type { Primitives } from '../../../core/primitives.ts'
import type { EngineRooms } from '../grid/engine-rooms.ts'
import { SimulatedGrid } from '../grid/grid.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Contents } from './contents.ts'
import { Court } from './judge.ts'
import { Oracle } from './oracle.ts'
import { Troubles } from './troubles.ts'
import { User } from './user.ts'

export interface ScenarioOptions {
  readonly seed: number
  readonly primitives: Primitives
  readonly rooms: EngineRooms
  readonly echo?: (line: string) => void
}

export interface ScenarioResult {
  /** Undefined when all invariants held. */
  readonly failure: string | undefined
  readonly traceHash: string
  readonly traceTail: readonly string[]
  readonly simulatedMs: number
}

const storyMsMax = 6 * 3_600_000

export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const story = new Story(options)
  const { scheduler, trace } = story.grid.parts
  let failure: string | undefined
  try {
    await scheduler.run(story.run(), { timeMaxMs: storyMsMax })
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
  } finally {
    story.grid.close()
  }
  return {
    failure,
    traceHash: trace.hash,
    traceTail: trace.tail,
    simulatedMs: scheduler.nowMs,
  }
}

class Story {
  readonly grid: SimulatedGrid
  readonly #random: SeededRandom
  readonly #troubles: Troubles
  readonly #court: Court
  readonly #users: readonly User[]

  constructor({ seed, primitives, rooms, echo }: ScenarioOptions) {
    this.#random = new SeededRandom(seed ^ 0x5eed)
    this.grid = new SimulatedGrid({
      seed,
      primitives,
      rooms,
      limits: {},
      accounts: this.#random.pick([
        ['ada', 'ada', 'ada'],
        ['ada', 'ada', 'bob'],
      ]),
      zones: this.#random.pick(zonesOfNodes),
      ...(echo && { echo }),
    })
    const { scheduler, trace } = this.grid.parts
    this.#troubles = new Troubles(() => scheduler.nowMs)
    this.#court = new Court(this.#troubles, (who, what) => trace.note(who, what))
    this.#users = this.#makeUsers(primitives)
  }

  async run(): Promise<void> {
    await this.grid.start()
    const work = Promise.all(this.#users.map((user) => user.run(this.#random.between(6, 12))))
    await Promise.race([work, this.#court.violated])
  }

  #makeUsers(primitives: Primitives): User[] {
    const oracles = new Map<string, Oracle>()
    const contents = new Contents(primitives, this.#random.fork())
    return this.grid.clients.map((host) => {
      const oracle = oracles.get(host.account) ?? new Oracle()
      oracles.set(host.account, oracle)
      const policy = { k: 2, m: 2, threshold: 3 }
      const random = this.#random.fork()
      const court = this.#court
      return new User({ host, vault: 'home', policy, oracle, contents, court, random })
    })
  }
}

const zonesOfNodes = [
  ['a', 'b', 'c', 'd', 'e', 'f'],
  ['a', 'a', 'b', 'b', 'c', 'c'],
  ['a', 'a', 'a', 'b', 'b', 'b'],
]
