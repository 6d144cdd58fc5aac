/** Many worlds in processes of their own, each of which takes every so-manieth seed. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Counters } from './counters.ts'
import type { Counts } from './counters.ts'
import type { ScenarioResult } from './scenario/scenario.ts'

export interface WorldsRequest {
  readonly first: number
  readonly count: number
  readonly processes: number
  /** Of `plantedFaults`. */
  readonly fault?: string | undefined
  /** Goes on after a failing seed. */
  readonly keepGoing?: boolean
  /** Told after each world. */
  readonly told?: (report: SeedReport, far: Progress) => void
  readonly signal?: AbortSignal
}

export interface SeedReport extends ScenarioResult {
  readonly seed: number
}

export interface Progress {
  readonly done: number
  readonly failed: number
}

export interface WorldsResult extends Progress {
  /** In the order of their seeds. */
  readonly failures: readonly SeedReport[]
  readonly counts: Counts
  /** In how many worlds each of them happened. */
  readonly worldsWith: Counts
}

/** Of real time, for one world: it does not come to its end, not even to its next event. */
const silenceMsMax = 180_000

const program = join(import.meta.dirname, 'world-process.ts')

/** Throws when a process ends without having told of all its seeds. */
export async function runWorlds(request: WorldsRequest): Promise<WorldsResult> {
  const run = new WorldsRun(request)
  return run.all()
}

class WorldsRun {
  readonly #request: WorldsRequest
  readonly #children: ChildProcess[] = []
  readonly #counts = new Counters()
  readonly #worldsWith = new Counters()
  readonly #failures: SeedReport[] = []
  #done = 0
  #stopped = false

  constructor(request: WorldsRequest) {
    this.#request = request
  }

  async all(): Promise<WorldsResult> {
    const { signal, count } = this.#request
    const stop = (): void => this.#stop()
    signal?.addEventListener('abort', stop, { once: true })
    const processes = Math.min(count, this.#request.processes)
    try {
      await Promise.all(
        Array.from({ length: processes }, (_, at) => this.#process({ at, processes })),
      )
    } finally {
      this.#stop()
      signal?.removeEventListener('abort', stop)
    }
    return {
      done: this.#done,
      failed: this.#failures.length,
      failures: this.#failures.toSorted((left, right) => left.seed - right.seed),
      counts: this.#counts.counts,
      worldsWith: this.#worldsWith.counts,
    }
  }

  async #process({ at, processes }: { readonly at: number; readonly processes: number }) {
    const { first, count, fault } = this.#request
    const own = Math.floor((count - at - 1) / processes) + 1
    const words = [first + at, own, processes].map(String)
    const child = spawn(process.execPath, [program, ...words, ...(fault ? [fault] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.push(child)
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    let told = 0
    const silence = (): NodeJS.Timeout =>
      setTimeout(() => {
        this.#tell(hanging(first + at + told * processes))
        child.kill('SIGKILL')
        told = own
      }, silenceMsMax)
    let watch = silence()
    for await (const line of createInterface({ input: child.stdout })) {
      clearTimeout(watch)
      told += 1
      this.#tell(JSON.parse(line) as SeedReport)
      watch = silence()
    }
    clearTimeout(watch)
    const code = await ended
    if (told < own && !this.#stopped) throw new Error(`A process ended with ${code}`)
  }

  #tell(report: SeedReport): void {
    if (this.#stopped) return
    this.#done += 1
    this.#counts.addAll(report.counts)
    for (const what of Object.keys(report.counts)) this.#worldsWith.count(what)
    if (report.failure !== undefined) this.#failures.push(report)
    this.#request.told?.(report, { done: this.#done, failed: this.#failures.length })
    if (report.failure !== undefined && this.#request.keepGoing !== true) this.#stop()
  }

  #stop(): void {
    this.#stopped = true
    for (const child of this.#children) child.kill()
  }
}

function hanging(seed: number): SeedReport {
  return {
    seed,
    failure: `Nothing was heard of it for ${silenceMsMax / 1000} s: it works for ever on one event`,
    traceHash: '',
    traceTail: [],
    simulatedMs: 0,
    step: 0,
    counts: {},
  }
}
