/** One worker thread of the engine as its owner sees it: begun with its first job, jobs sent ahead. */
import { Worker } from 'node:worker_threads'
import { errorFromJson, HoldfastError } from '../../base/errors.ts'
import type { ErrorJson } from '../../base/errors.ts'
import type { EngineVault } from '../engine/engine.ts'
import type { Jobs } from '../engine/jobs.ts'

/** Jobs sent ahead to a thread, so that it never waits for the next. */
const jobsAhead = 2

export interface ThreadStart {
  readonly memory: WebAssembly.Memory
  readonly scratchAt: number
}

export type ThreadJob = keyof Jobs
export type JobOf<Name extends ThreadJob> = Parameters<Jobs[Name]>[0]
export type ResultOf<Name extends ThreadJob> = ReturnType<Jobs[Name]>

export interface ThreadRequest {
  readonly id: number
  readonly name: ThreadJob | 'begin'
  readonly job: unknown
}

export interface ThreadAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: ErrorJson
}

export interface QueuedJob {
  readonly name: ThreadJob
  readonly job: unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

export interface SharedWork {
  /** Jobs that any thread may take. */
  readonly shared: QueuedJob[]
  /** All that a thread must know of before its first job. */
  readonly vaults: readonly EngineVault[]
}

/** Started, and in no engine yet. */
const waiting: Worker[] = []

/** Starts threads for the next engine of this process, so that they are there when it has work for them. */
export function startThreadsAhead(count: number): void {
  while (waiting.length < count) waiting.push(startThread())
}

/** Keeps no process alive. */
function startThread(): Worker {
  const worker = new Worker(new URL(`./engine-thread${import.meta.url.slice(-3)}`, import.meta.url))
  worker.unref()
  return worker
}

export class EngineThread {
  readonly #start: ThreadStart
  readonly #work: SharedWork
  readonly #own: QueuedJob[] = []
  readonly #running = new Map<number, QueuedJob>()
  #worker: Worker | undefined
  #lastId = 0
  #broken: Error | undefined

  constructor(start: ThreadStart, work: SharedWork) {
    this.#start = start
    this.#work = work
  }

  get busy(): number {
    return this.#running.size + this.#own.length
  }

  useVault(vault: EngineVault): void {
    if (this.#worker) this.#tell(this.#worker, 'useVault', vault)
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
      const next = this.#own.shift() ?? this.#work.shared.shift()
      if (next === undefined) return
      if (this.#broken) next.reject(this.#broken)
      else this.#send(next)
    }
  }

  /** What it has not done fails. */
  async close(): Promise<void> {
    this.#fail(new HoldfastError('INTERRUPTED', 'The engine was closed'))
    await this.#worker?.terminate()
  }

  #send(job: QueuedJob): void {
    this.#worker ??= this.#begin()
    this.#lastId += 1
    this.#running.set(this.#lastId, job)
    this.#worker.ref()
    const request: ThreadRequest = { id: this.#lastId, name: job.name, job: job.job }
    this.#worker.postMessage(request)
  }

  #begin(): Worker {
    const worker = waiting.shift() ?? startThread()
    this.#tell(worker, 'begin', this.#start)
    worker.on('message', (answer: ThreadAnswer) => this.#settle(answer))
    worker.on('error', (error: unknown) => this.#fail(error as Error))
    for (const vault of this.#work.vaults) this.#tell(worker, 'useVault', vault)
    return worker
  }

  /** What needs no answer. */
  #tell(worker: Worker, name: ThreadRequest['name'], job: unknown): void {
    const request: ThreadRequest = { id: 0, name, job }
    worker.postMessage(request)
  }

  #settle(answer: ThreadAnswer): void {
    const job = this.#running.get(answer.id)
    if (job === undefined) return
    this.#running.delete(answer.id)
    if (this.#running.size === 0) this.#worker?.unref()
    this.pump()
    if (answer.error) job.reject(errorFromJson(answer.error))
    else job.resolve(answer.result)
  }

  #fail(error: Error): void {
    this.#broken = error
    const lost = [...this.#running.values(), ...this.#own]
    this.#running.clear()
    this.#own.length = 0
    for (const job of lost) job.reject(error)
    this.pump()
  }
}
