/** The engine in worker threads that share one memory. Light jobs run where they were asked for. */
import { inOnePiece } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { createKernels } from '../../core/kernels.ts'
import type { Primitives } from '../../core/primitives.ts'
import { batchFileBytesMax } from '../engine/batches.ts'
import type { BatchItem, BatchJob, Engine, EngineSource, EngineVault } from '../engine/engine.ts'
import { Jobs, threadBytes } from '../engine/jobs.ts'
import { SlotPool } from '../engine/slot-pool.ts'
import { window } from '../engine/windows.ts'
import { EngineThread } from './engine-worker.ts'
import type { JobOf, QueuedJob, ResultOf, ThreadJob } from './engine-worker.ts'
import { nodeFiles } from './node-files.ts'

const pageBytes = 64 * 1024

export interface ThreadsEngineOptions {
  readonly threads: number
  /** How much of the memory jobs have between them. */
  readonly slotBytes: number
  readonly primitives: Primitives
  readonly random: Random
}

export function createThreadsEngine(options: ThreadsEngineOptions): Engine {
  const { threads, primitives, random } = options
  const reserved = Math.ceil(((threads + 1) * threadBytes) / pageBytes) * pageBytes
  const pages = Math.ceil((reserved + options.slotBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const bytes = new Uint8Array(memory.buffer)
  const kernels = createKernels({ memory, scratchAt: threads * threadBytes })
  const own = new Jobs({ memory: bytes, kernels, primitives, random, files: nodeFiles })
  const work = new Work(own, new ThreadPool(memory, threads))
  return {
    memory: bytes,
    slots: new SlotPool({ at: reserved, bytes: pages * pageBytes - reserved }),
    threads,
    useVault: (vault) => work.useVault(vault),
    openSource: (source) => work.openSource(source),
    window: (job) => work.window(job),
    closeSource: (source) => work.closeSource(source),
    seal: (job) => work.run('seal', job, bytesOf(job.chunks)),
    batch: (job) => work.run('batch', withPathsTogether(job), job.items.length * batchFileBytesMax),
    open: (job) => work.run('open', job, bytesOf(job.chunks)),
    write: (job) => work.run('write', job, bytesOf(job.spans)),
    writeBatch: (job) =>
      work.run('writeBatch', job, bytesOf(job.files.flatMap(({ chunks }) => chunks))),
    reconstruct: (job) => work.run('reconstruct', job, job.bytes * job.wanted.length),
    close: () => work.close(),
  }
}

function withPathsTogether(job: BatchJob): BatchJob {
  const parts = job.items.map((item) => (item.kind === 'path' ? item.path : item.content))
  const packed = inOnePiece(parts)
  const items = job.items.map((item, at): BatchItem => {
    return item.kind === 'path' ? { ...item, path: packed[at]! } : { ...item, content: packed[at]! }
  })
  return { ...job, items }
}

function bytesOf(spans: readonly { readonly length: number }[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0)
}

/** Of a source that is open. */
interface Owner {
  /** Reads and cuts. */
  readonly thread: EngineThread
  /** What it is called there. */
  readonly source: number
  readonly digests: EngineSource['digests']
  /** Hashes: another one where there is one, once it is known that there is more than one window. */
  hasher: EngineThread | undefined
}

/** Gives each job to a thread, or does it here while there was little to do so far. */
class Work {
  readonly #own: Jobs
  readonly #pool: ThreadPool
  readonly #owners = new Map<number, Owner>()
  #asked = 0
  #lastSource = 0

  constructor(own: Jobs, pool: ThreadPool) {
    this.#own = own
    this.#pool = pool
  }

  useVault(vault: EngineVault): void {
    this.#own.useVault(vault)
    this.#pool.useVault(vault)
  }

  async run<Name extends ThreadJob>(
    name: Name,
    job: JobOf<Name>,
    bytes: number,
  ): Promise<ResultOf<Name>> {
    this.#asked += bytes
    if (this.#asked > limits.lightWorkBytes) return await this.#pool.any(name, job)
    const method = this.#own[name] as (job: JobOf<Name>) => ResultOf<Name>
    return method.call(this.#own, job)
  }

  openSource: Engine['openSource'] = async (source) => {
    const thread = this.#leastUsed([])
    const opened = await thread.run('openSource', source)
    this.#lastSource += 1
    const { digests } = source
    this.#owners.set(this.#lastSource, {
      thread,
      source: opened.source,
      digests,
      hasher: undefined,
    })
    return { source: this.#lastSource, stat: opened.stat }
  }

  window: Engine['window'] = (job) => {
    const owner = this.#owner(job.source)
    const { thread, source, digests } = owner
    return window(
      {
        read: (reading) => thread.run('window', { ...reading, source }),
        hash: (part) => {
          owner.hasher ??= part.last ? thread : this.#leastUsed([thread])
          return owner.hasher.run('hash', { ...part, hash: job.source, digests })
        },
      },
      job,
    )
  }

  closeSource: Engine['closeSource'] = async ({ source, stat }) => {
    const { thread, source: inner, hasher } = this.#owner(source)
    this.#owners.delete(source)
    await Promise.all([
      thread.run('closeSource', { source: inner, stat }),
      hasher?.run('dropHash', source),
    ])
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  /** Of the threads that are not `others`, if there are any, the one with least to do; hashing is half of it. */
  #leastUsed(others: readonly EngineThread[]): EngineThread {
    const owners = [...this.#owners.values()]
    const load = (one: EngineThread): number =>
      owners.reduce(
        (sum, { thread, hasher }) => sum + (thread === one ? 2 : 0) + (hasher === one ? 1 : 0),
        0,
      )
    return this.#pool.least((one) => (others.includes(one) ? Infinity : load(one)))
  }

  #owner(source: number): Owner {
    const found = this.#owners.get(source)
    if (!found) throw new HoldfastError('INTERNAL', `Engine has no source ${source} open`)
    return found
  }
}

class ThreadPool {
  readonly #threads: EngineThread[]
  readonly #shared: QueuedJob[] = []
  readonly #vaults: EngineVault[] = []

  constructor(memory: WebAssembly.Memory, count: number) {
    this.#threads = Array.from(
      { length: count },
      (_, at) =>
        new EngineThread(
          { memory, scratchAt: at * threadBytes },
          { shared: this.#shared, vaults: this.#vaults },
        ),
    )
  }

  useVault(vault: EngineVault): void {
    this.#vaults.push(vault)
    for (const thread of this.#threads) thread.useVault(vault)
  }

  least(load: (thread: EngineThread) => number): EngineThread {
    return this.#threads.reduce((best, next) => (load(next) < load(best) ? next : best))
  }

  /** Whichever thread is free first. */
  any<Name extends ThreadJob>(name: Name, job: JobOf<Name>): Promise<ResultOf<Name>> {
    return new Promise((resolve, reject) => {
      this.#shared.push({ name, job, resolve: resolve as (result: unknown) => void, reject })
      // The first threads read: what all may do goes to the last ones first.
      const idlest = this.#threads.toReversed().toSorted((left, right) => left.busy - right.busy)
      for (const thread of idlest) thread.pump()
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }
}
