/** One seed's whole story: a grid, its users, what goes wrong, and what must hold at the end. */
import { sleep } from '../../../base/clock.ts'
import type { Policy } from '../../../core/policy.ts'
import type { Primitives } from '../../../core/primitives.ts'
import { createVault, parsePolicy } from '../../../client/vaults.ts'
import type { LimitValues } from '../../../coordinator/context.ts'
import type { EngineRooms } from '../grid/engine-rooms.ts'
import { SimulatedGrid } from '../grid/grid.ts'
import type { NodeHost } from '../grid/node-host.ts'
import type { Plants } from '../grid/plants.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Contents } from './contents.ts'
import { Court, Violation } from './judge.ts'
import { Mischief, mischiefKinds } from './mischief.ts'
import type { MischiefKind, MischiefOptions } from './mischief.ts'
import { Oracle } from './oracle.ts'
import { becomeComplete, collectAll } from './settle.ts'
import type { Settling } from './settle.ts'
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
}

/** Ten times what a long story has. */
const eventsMax = 1_000_000
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
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

class Story {
  readonly grid: SimulatedGrid
  readonly #random: SeededRandom
  readonly #limits: Settling['limits'] & Partial<LimitValues>
  readonly #policy: Policy
  /** Much is put again while a node loses its disk: what deduplication must stand. */
  readonly #repeats: boolean
  #faithless: readonly NodeHost[] = []
  readonly #troubles: Troubles
  readonly #court: Court
  readonly #users: readonly User[]

  constructor({ seed, primitives, rooms, plants = {}, echo }: ScenarioOptions) {
    this.#random = new SeededRandom(seed ^ 0x5eed)
    this.#repeats = this.#random.chance(0.15)
    this.#policy = parsePolicy(this.#repeats ? '1+1' : this.#random.pick(policies))
    this.#limits = { ...this.#random.pick(patience), ...this.#random.pick(diligence) }
    this.grid = new SimulatedGrid({
      seed,
      primitives,
      rooms,
      limits: this.#limits,
      accounts: this.#random.pick([
        ['ada', 'ada', 'ada'],
        ['ada', 'ada', 'bob'],
      ]),
      zones: this.#random.pick(zonesOfNodes),
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
    const { scheduler, trace } = this.grid.parts
    this.#troubles = new Troubles(() => scheduler.nowMs)
    this.#court = new Court(this.#troubles, (who, what) => trace.note(who, what))
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
    await Promise.all(this.#users.map((user) => user.run(this.#random.between(5, 10))))
    await mischief.stop()
    await doing
    const { faithless } = plot
    const settling = { grid: this.grid, court: this.#court, limits: this.#limits, faithless }
    await becomeComplete(settling)
    // Nothing excuses any failure from here on
    await this.#pass(aftermathMs)
    await Promise.all(this.#users.map((user) => user.readAll()))
    await collectAll(settling)
    await this.#pass(aftermathMs)
    for (const user of this.#users) await user.readAll()
  }

  /** One of each account, beside its `home`. */
  async #makeVaults(): Promise<void> {
    const accounts = new Set<string>()
    for (const host of this.grid.clients) {
      if (accounts.has(host.account)) continue
      accounts.add(host.account)
      const client = host.open()
      await createVault(client.session, { name: vaultName, policy: this.#policy })
      await client.close()
    }
  }

  /** A few kinds of mischief only: a world in which everything fails at once shows little. */
  #plot(): MischiefOptions {
    const random = this.#random.fork()
    const grid = this.grid
    const chosen = mischiefKinds.filter(() => random.chance(0.3))
    const kinds: MischiefKind[] = this.#repeats ? ['emptied', 'emptied', ...chosen] : chosen
    const faithless = [random.pick(grid.nodes)]
    this.#faithless = faithless
    grid.parts.trace.note('world', `mischief: ${kinds.join(' ')}; faithless ${faithless[0]!.name}`)
    return { grid, troubles: this.#troubles, random, faithless, kinds }
  }

  #pass(ms: number): Promise<void> {
    return sleep(this.grid.parts.scheduler.clock(), ms)
  }

  #makeUsers(primitives: Primitives): User[] {
    const oracles = new Map<string, Oracle>()
    const knownShare = this.#repeats ? 0.6 : 0.2
    const contents = new Contents(primitives, { random: this.#random.fork(), knownShare })
    return this.grid.clients.map((host) => {
      const oracle = oracles.get(host.account) ?? new Oracle()
      oracles.set(host.account, oracle)
      const policy = this.#policy
      const random = this.#random.fork()
      const court = this.#court
      return new User({ host, vault: vaultName, policy, oracle, contents, court, random })
    })
  }
}

const vaultName = 'shared'
/** Each bears the loss of one shard of what was acknowledged. */
const policies = ['2+2', '2+2', '1+1', '1+1', '1+2', '4+2', '3+2']

const zonesOfNodes = [
  ['a', 'b', 'c', 'd', 'e', 'f'],
  ['a', 'a', 'b', 'b', 'c', 'c'],
  ['a', 'a', 'a', 'b', 'b', 'b'],
]

const second = 1000
const hour = 3_600_000

/** How soon what nobody refers to goes. */
const patience: readonly Settling['limits'][] = [
  { retentionMs: 2 * second, trashMs: 1 * second, collectGraceMs: 20 * second },
  { retentionMs: 10 * second, trashMs: 10 * second, collectGraceMs: 60 * second },
  { retentionMs: 2 * hour, trashMs: 2 * hour, collectGraceMs: 1 * hour },
  { retentionMs: 48 * hour, trashMs: 24 * hour, collectGraceMs: 1 * hour },
]

/** How soon what is missing is rebuilt. */
const diligence: readonly Partial<LimitValues>[] = [
  {},
  { healPeriodMs: 10 * second, healIdleMaxMs: 20 * second },
]
