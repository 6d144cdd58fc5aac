/** One seed's whole story: a grid, its users, what goes wrong, and what must hold at the end. */
import type { Primitives } from '../../../core/primitives.ts'
import { createVault } from '../../../client/vaults.ts'
import type { Counts } from '../counters.ts'
import type { EngineRooms } from '../grid/engine-rooms.ts'
import { SimulatedGrid } from '../grid/grid.ts'
import type { NodeHost } from '../grid/node-host.ts'
import type { Plants } from '../grid/plants.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Contents } from './contents.ts'
import { Court, Violation } from './judge.ts'
import { Mischief } from './mischief.ts'
import type { MischiefOptions } from './mischief.ts'
import { Oracle } from './oracle.ts'
import { becomeComplete, collectAll, calmDown } from './settle.ts'
import { drawShape } from './shape.ts'
import type { Shape } from './shape.ts'
import { aftermathMs, Troubles } from './troubles.ts'
import { User } from './user.ts'
import { watchedCatalogue } from './watched-catalogue.ts'

export interface ScenarioOptions {
  readonly seed: number
  readonly primitives: Primitives
  readonly rooms: EngineRooms
  readonly plants?: Plants
  readonly echo?: (line: string) => void
}

export interface ScenarioResult {
  /** Undefined when all invariants held. */
  readonly failure: string | undefined
  readonly traceHash: string
  readonly traceTail: readonly string[]
  readonly simulatedMs: number
  /** Events that had run. */
  readonly step: number
  readonly counts: Counts
}

/** Ten times what a long story has. */
const eventsMax = 100_000
/** Graces included: most of it is slept through. */
const storyMsMax = 90 * 24 * 3_600_000

export async function runScenario(options: ScenarioOptions): Promise<ScenarioResult> {
  const story = new Story(options)
  const { scheduler, trace } = story.grid.parts
  let failure: string | undefined
  const complain = (error: unknown): void => story.complain(`unhandled: ${textOf(error)}`)
  process.on('unhandledRejection', complain)
  try {
    await scheduler.run(story.run(), { timeMaxMs: storyMsMax, eventsMax })
  } catch (error) {
    failure = textOf(error)
  } finally {
    process.off('unhandledRejection', complain)
    story.grid.close()
  }
  return {
    failure,
    traceHash: trace.hash,
    traceTail: trace.tail,
    simulatedMs: scheduler.nowMs,
    step: scheduler.events,
    counts: story.grid.counters.counts,
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

class Story {
  readonly grid: SimulatedGrid
  readonly #random: SeededRandom
  readonly #shape: Shape
  #faithless: readonly NodeHost[] = []
  readonly #troubles: Troubles
  readonly #court: Court
  readonly #users: readonly User[]

  constructor({ seed, primitives, rooms, plants = {}, echo }: ScenarioOptions) {
    this.#random = new SeededRandom(seed ^ 0x5eed)
    this.#shape = drawShape(this.#random)
    const { limits, accounts, zones } = this.#shape
    this.grid = new SimulatedGrid({
      seed,
      primitives,
      rooms,
      limits,
      accounts,
      zones,
      plants,
      watch: (catalogue, { coordinator }) =>
        watchedCatalogue(catalogue, {
          database: coordinator.database,
          nowMs: () => coordinator.wallMs(),
          mayLose: (node) => this.#mayLose(node),
          complain: (what) => this.complain(what),
        }),
      ...(echo && { echo }),
    })
    const { scheduler, trace, count } = this.grid.parts
    this.#troubles = new Troubles(() => scheduler.nowMs)
    const note = (who: string, what: string): void => trace.note(who, what)
    this.#court = new Court({ troubles: this.#troubles, note, count })
    count(`theme: ${this.#shape.theme}`)
    this.#users = this.#makeUsers(primitives)
  }

  async run(): Promise<void> {
    await Promise.race([this.#tell(), this.#court.violated])
    const [violation] = this.#court.violations
    if (violation !== undefined) throw new Violation(violation)
  }

  complain(what: string): void {
    this.#court.complain(what)
  }

  /** What it cannot read just now counts as lost until it is counted again. */
  #mayLose(node: string): boolean {
    const host = this.grid.nodes.find((each) => each.node === node)
    return host === undefined || host.mayMiss || this.#faithless.includes(host)
  }

  async #tell(): Promise<void> {
    await this.grid.start()
    await this.#makeVaults()
    const plot = this.#plot()
    const mischief = new Mischief(plot)
    const doing = mischief.run()
    this.#note('users begin')
    await Promise.all(this.#users.map((user) => user.run(this.#random.between(4, 7))))
    this.#note('all is mended')
    await mischief.stop()
    await doing
    const { faithless } = plot
    const settling = { grid: this.grid, court: this.#court, limits: this.#shape.limits, faithless }
    await becomeComplete(settling)
    this.#note('all is complete')
    // Nothing excuses any failure from here on
    await calmDown(this.grid, aftermathMs)
    await Promise.all(this.#oneOfEachAccount().map((user) => user.readAll()))
    this.#note('all was read')
    await collectAll(settling)
    this.#note('nothing is left over')
    await calmDown(this.grid, aftermathMs)
    for (const user of this.#oneOfEachAccount()) await user.readAll()
  }

  /** By chance. */
  #oneOfEachAccount(): User[] {
    const { clients } = this.grid
    const users = new Map<string, User>()
    const first = this.#random.between(0, clients.length - 1)
    for (let turn = 0; turn < clients.length; turn += 1) {
      const at = (first + turn) % clients.length
      users.set(clients[at]!.account, this.#users[at]!)
    }
    return [...users.values()]
  }

  /** One of each account, beside its `home`. */
  async #makeVaults(): Promise<void> {
    const accounts = new Set<string>()
    for (const host of this.grid.clients) {
      if (accounts.has(host.account)) continue
      accounts.add(host.account)
      const client = host.open()
      await createVault(client.session, { name: vaultName, policy: this.#shape.policy })
      await client.close()
    }
  }

  #plot(): MischiefOptions {
    const random = this.#random.fork()
    const grid = this.grid
    const { theme, mischief: kinds, mischiefPauseMsMax: pauseMsMax } = this.#shape
    const faithless = [random.pick(grid.nodes)]
    this.#faithless = faithless
    const names = kinds.join(' ')
    grid.parts.trace.note('world', `${theme}: ${names}; faithless ${faithless[0]!.name}`)
    return { grid, troubles: this.#troubles, random, faithless, kinds, pauseMsMax }
  }

  #note(phase: string): void {
    this.grid.parts.trace.note('world', `phase: ${phase}`)
  }

  #makeUsers(primitives: Primitives): User[] {
    const oracles = new Map<string, Oracle>()
    const { policy, habits, sizes, knownShare } = this.#shape
    const contents = new Contents(primitives, { random: this.#random.fork(), knownShare, sizes })
    return this.grid.clients.map((host) => {
      const oracle = oracles.get(host.account) ?? new Oracle()
      oracles.set(host.account, oracle)
      const random = this.#random.fork()
      const court = this.#court
      return new User({ host, vault: vaultName, policy, oracle, contents, court, random, habits })
    })
  }
}

const vaultName = 'shared'
