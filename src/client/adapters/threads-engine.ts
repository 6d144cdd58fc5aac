/** The engine in worker threads that share one memory. */
import { Worker } from 'node:worker_threads'
import { errorFromJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorJson } from '../../base/errors.ts'
import type { Engine, EngineVault } from '../engine/engine.ts'
import type { Jobs } from '../engine/jobs.ts'
import { threadBytes } from '../engine/jobs.ts'
import { SlotPool } from '../engine/slot-pool.ts'

/** Jobs sent ahead to a thread, so that it never waits for the next. */
const jobsAhead = 2
const pageBytes = 64 * 1024

export interface ThreadStart {
  readonly memory: WebAssembly.Memory
  readonly scratchAt: number
}

export type ThreadJob = keyof Jobs

export interface ThreadRequest {
  readonly id: number
  readonly name: ThreadJob
  readonly job: unknown
}

export interface ThreadAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: ErrorJson
}

interface Waiting {
  readonly name: ThreadJob
  readonly job: unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** `slotBytes`: how much of the memory jobs have between them. */
export function createThreadsEngine(options: {
  readonly threads: number
  readonly slotBytes: number
}): Engine {
  const { threads } = options
  const reserved = Math.ceil((threads * threadBytes) / pageBytes) * pageBytes
  const pages = Math.ceil((reserved + options.slotBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const pool = new ThreadPool(memory, threads)
  const owners = new Map<number, { thread: Thread; source: number }>()
  let lastSource = 0
  const owner = (source: number) => {
    const found = owners.get(source)
    if (!found) throw new HoldfastError('INTERNAL', `Engine has no source ${source} open`)
    return found
  }
  return {
    memory: new Uint8Array(memory.buffer),
    slots: new SlotPool({ at: reserved, bytes: pages * pageBytes - reserved }),
    threads,
    useVault: (vault) => pool.useVault(vault),
    async openSource(source) {
      const thread = pool.leastSources(owners)
      const opened = await thread.run('openSource', source)
      lastSource += 1
      owners.set(lastSource, { thread, source: opened.source })
      return { source: lastSource, stat: opened.stat }
    },
    window(job) {
      const { thread, source } = owner(job.source)
      return thread.run('window', { ...job, source })
    },
    async closeSource({ source, stat }) {
      const { thread, source: inner } = owner(source)
      owners.delete(source)
      await thread.run('closeSource', { source: inner, stat })
    },
    seal: (job) => pool.any('seal', job),
    batch: (job) => pool.any('batch', job),
    open: (job) => pool.any('open', job),
    write: (job) => pool.any('write', job),
    writeBatch: (job) => pool.any('writeBatch', job),
    reconstruct: (job) => pool.any('reconstruct', job),
    close: () => pool.close(),
  }
}

type JobOf<Name extends ThreadJob> = Parameters<Jobs[Name]>[0]
type ResultOf<Name extends ThreadJob> = ReturnType<Jobs[Name]>

class ThreadPool {
  readonly #threads: Thread[]
  readonly #shared: Waiting[] = []

  constructor(memory: WebAssembly.Memory, count: number) {
    this.#threads = Array.from(
      { length: count },
      (_, at) => new Thread({ memory, scratchAt: at * threadBytes }, this.#shared),
    )
  }

  useVault(vault: EngineVault): void {
    for (const thread of this.#threads) void thread.run('useVault', vault)
  }

  leastSources(owners: ReadonlyMap<number, { thread: Thread }>): Thread {
    const load = (thread: Thread): number =>
      [...owners.values()].filter((owner) => owner.thread === thread).length
    return this.#threads.reduce((best, next) => (load(next) < load(best) ? next : best))
  }

  /** Whichever thread is free first. */
  any<Name extends ThreadJob>(name: Name, job: JobOf<Name>): Promise<ResultOf<Name>> {
    return new Promise((resolve, reject) => {
      this.#shared.push({ name, job, resolve: resolve as (result: unknown) => void, reject })
      const idlest = this.#threads.toSorted((left, right) => left.busy - right.busy)
      for (const thread of idlest) thread.pump()
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}

class Thread {
  readonly #worker: Worker
  readonly #own: Waiting[] = []
  readonly #shared: Waiting[]
  readonly #running = new Map<number, Waiting>()
  #lastId = 0
  #broken: Error | undefined

  constructor(start: ThreadStart, shared: Waiting[]) {
    this.#shared = shared
    this.#worker = new Worker(new URL('./engine-thread.ts', import.meta.url), { workerData: start })
    this.#worker.unref()
    this.#worker.on('message', (answer: ThreadAnswer) => this.#settle(answer))
    this.#worker.on('error', (error: unknown) => this.#fail(error as Error))
  }

  get busy(): number {
    return this.#running.size + this.#own.length
  }

  run<Name extends ThreadJob>(name: Name, job: JobOf<Name>): Promise<ResultOf<Name>> {
    return new Promise((resolve, reject) => {
      this.#own.push({ name, job, resolve: resolve as (result: unknown) => void, reject })
      this.pump()
    })
  }

  /** Sends what this thread can take on. */
  pump(): void {
    while (this.#running.size < jobsAhead) {
      const next = this.#own.shift() ?? this.#shared.shift()
      if (next === undefined) return
      if (this.#broken) next.reject(this.#broken)
      else this.#send(next)
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(waiting: Waiting): void {
    this.#lastId += 1
    this.#running.set(this.#lastId, waiting)
    this.#worker.ref()
    const { name, job } = waiting
    this.#worker.postMessage({ id: this.#lastId, name, job } satisfies ThreadRequest)
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#running.get(answer.id)
    this.#running.delete(answer.id)
    if (this.#running.size === 0) this.#worker.unref()
    this.pump()
    if (answer.error) waiting?.reject(errorFromJson(answer.error))
    else waiting?.resolve(answer.result)
  }

  #fail(error: Error): void {
    this.#broken = error
    for (const waiting of [...this.#running.values(), ...this.#own]) waiting.reject(error)
    this.#running.clear()
    this.#own.length = 0
    this.pump()
  }
}
