/** Someone at a client machine who puts, gets, lists and removes, and checks all that is answered. */
import { sleep } from '../../../base/clock.ts'
import { HoldfastError } from '../../../base/errors.ts'
import type { Client } from '../../../client/client.ts'
import { removePath } from '../../../client/commit/remove-path.ts'
import type { ClientHost } from '../grid/client-host.ts'
import type { SimulatedProcess } from '../grid/process.ts'
import type { Scheduler } from '../scheduler.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { folders, pathOf, places } from './contents.ts'
import type { Contents, Place } from './contents.ts'
import type { Court, Judge } from './judge.ts'
import { absent } from './oracle.ts'
import type { Attempt, Oracle } from './oracle.ts'
import { putStep } from './put-step.ts'
import { getStep, listStep } from './read-steps.ts'
import type { ReadStep } from './read-steps.ts'

export interface UserOptions {
  readonly host: ClientHost
  readonly vault: string
  readonly policy: { readonly k: number; readonly m: number; readonly threshold: number }
  readonly oracle: Oracle
  readonly contents: Contents
  readonly court: Court
  readonly random: SeededRandom
  readonly habits: Habits
}

/** How the users of a world are. */
export interface Habits {
  /** Between two steps of one of them. */
  readonly pauseMsMax: number
  /** How often a client goes on to be used after a step, in [0, 1]. */
  readonly keepShare: number
  readonly mostly: 'put' | 'get'
  /** Paths at most that all of them use: few are fought for. */
  readonly placesMax: number
}

type Command = (client: Client, step: ReadStep) => Promise<void>

type StepKind = 'put' | 'get' | 'list' | 'remove'

/** Every wait of a client has an end: by then each command has ended. */
const stepMinutesMax = 20

export class User {
  readonly #options: UserOptions
  readonly #random: SeededRandom
  /** Of the step before, while it goes on being used, as a gateway does. */
  #kept: { readonly client: Client; readonly process: SimulatedProcess | undefined } | undefined

  constructor(options: UserOptions) {
    this.#options = options
    this.#random = options.random
  }

  async run(steps: number): Promise<void> {
    const { host, habits } = this.#options
    const clock = host.parts.scheduler.clock()
    for (let step = 0; step < steps; step += 1) {
      await sleep(clock, this.#random.fraction() * habits.pauseMsMax)
      await this.step()
    }
    await this.#leave()
  }

  step(kind = this.#random.pick(stepKinds[this.#options.habits.mostly])): Promise<void> {
    return this.#command(kind, (client, step) => this.#do(client, kind, step))
  }

  async #command(kind: StepKind, work: Command): Promise<void> {
    const { host, oracle, vault, court } = this.#options
    const { scheduler } = host.parts
    const late = watch(scheduler, () => court.complain(`${host.name}: ${kind} hangs`))
    const { client, isKept } = this.#client()
    const step = { host, oracle, vault, judge: this.#judge(kind), from: oracle.tick() }
    const done = this.#attempt(kind, step.judge, async () => {
      // What a client opened before may have moved on since
      if (isKept) await (await client.vault(vault)).feed.catchUp()
      await work(client, step)
    })
    const outcome = await Promise.race([done, host.ended])
    if (outcome !== 'done' || !this.#random.chance(this.#options.habits.keepShare)) {
      await this.#leave()
    }
    late.cancel()
  }

  #client(): { readonly client: Client; readonly isKept: boolean } {
    const { host } = this.#options
    const kept = this.#kept
    if (kept !== undefined && kept.process === host.process) {
      return { client: kept.client, isKept: true }
    }
    const client = host.open()
    this.#kept = { client, process: host.process }
    return { client, isKept: false }
  }

  /** The next step opens a client of its own. */
  async #leave(): Promise<void> {
    const { host } = this.#options
    const kept = this.#kept
    this.#kept = undefined
    if (kept === undefined || kept.process !== host.process) return
    await Promise.race([kept.client.close(), host.ended])
  }

  /** Gets everything there is. */
  async readAll(): Promise<void> {
    await this.#command('get', (client, step) =>
      getStep(client, { ...step, places, verify: false }),
    )
    await this.#command('list', listStep)
  }

  async #attempt(
    kind: StepKind,
    judge: Judge,
    work: () => Promise<void>,
  ): Promise<'done' | 'failed'> {
    try {
      await work()
    } catch (error) {
      if (error instanceof HoldfastError) judge.failed(kind, error)
      else judge.complain(`${kind} threw ${String(error)} ${(error as Error).stack ?? ''}`)
      return 'failed'
    }
    return 'done'
  }

  #do(client: Client, kind: StepKind, step: ReadStep): Promise<void> {
    switch (kind) {
      case 'put':
        return putStep(client, { ...step, items: this.#items() })
      case 'get':
        return getStep(client, {
          ...step,
          places: this.#places(),
          verify: this.#random.chance(0.3),
        })
      case 'list':
        return listStep(client, step)
      case 'remove':
        return this.#remove(client, step.judge)
    }
    return kind satisfies never
  }

  /** A file, or a folder with all that is in it; once in a while purged at once. */
  async #remove(client: Client, judge: Judge): Promise<void> {
    const { host, oracle, vault } = this.#options
    const random = this.#random
    const asFolder = random.chance(0.25)
    const text = asFolder ? random.pick(folders) : this.#place().text
    const below = places.filter((each) => each.text === text || each.text.startsWith(`${text}/`))
    const from = oracle.tick()
    const { committer } = await client.vault(vault)
    const attempts = below.map((each) => oracle.begin(each.text, absent))
    const now = random.chance(0.4)
    try {
      await removePath(committer, { path: pathOf(text), recursive: asFolder, now })
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'NOT_FOUND') throw error
      this.#wasAbsent(attempts, from, judge)
      return
    }
    host.parts.count('users: removals acknowledged')
    host.note(`removed ${JSON.stringify(text)}${now ? ' for good' : ''}`)
    for (const attempt of attempts) oracle.acknowledge(attempt)
  }

  #wasAbsent(attempts: readonly Attempt[], from: number, judge: Judge): void {
    const { oracle } = this.#options
    for (const attempt of attempts) {
      oracle.withdraw(attempt)
      const { path, value } = attempt
      const complaint = oracle.complaint({ path, value, from, to: oracle.tick() })
      if (complaint !== undefined) judge.complain(complaint)
    }
  }

  #judge(kind: StepKind): Judge {
    const { host, court, policy } = this.#options
    const { k, m, threshold } = policy
    const nodesTolerated = kind === 'put' ? k + m - threshold : threshold - k
    return court.judge({ client: host.name, beganMs: host.parts.scheduler.nowMs, nodesTolerated })
  }

  #items() {
    const { contents } = this.#options
    return this.#places().map((place) => ({ place, content: contents.choose(place.kind) }))
  }

  #places() {
    const count = this.#random.pick([1, 1, 1, 2, 5])
    const chosen = Array.from({ length: count }, () => this.#place())
    return [...new Set(chosen)]
  }

  /** Of those that the users of this world use. */
  #place(): Place {
    const count = Math.min(this.#options.habits.placesMax, places.length)
    return places[this.#random.between(0, count - 1)]!
  }
}

const stepKinds: Readonly<Record<Habits['mostly'], readonly StepKind[]>> = {
  put: ['put', 'put', 'put', 'get', 'get', 'list', 'remove'],
  get: ['put', 'put', 'get', 'get', 'get', 'get', 'list'],
}

/** Minute by minute, as minutes slept through do not count. */
function watch(scheduler: Scheduler, hangs: () => void): { cancel(): void } {
  let left = stepMinutesMax
  let timer = scheduler.after(60_000, tick)
  function tick(): void {
    left -= 1
    if (left === 0) hangs()
    else timer = scheduler.after(60_000, tick)
  }
  return { cancel: () => timer.cancel() }
}
