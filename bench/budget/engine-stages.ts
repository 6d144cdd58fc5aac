/**
 * What a client's threads do with each byte: the engine's own jobs, over one file, in the order and the memory
 * of a put and a get, in this thread, with a clock about each heavy call.
 */
import { systemRandom } from '../../src/base/adapters/system-random.ts'
import { utf8 } from '../../src/base/bytes.ts'
import { limits } from '../../src/base/limits.ts'
import { nodeFiles } from '../../src/client/adapters/node-files.ts'
import type {
  CutChunk,
  EngineVault,
  SealedPack,
  Span,
  WindowJob,
} from '../../src/client/engine/engine.ts'
import { Jobs, threadBytes } from '../../src/client/engine/jobs.ts'
import { packSlotBytes } from '../../src/client/engine/pack-writer.ts'
import type { Slot } from '../../src/client/engine/slot-pool.ts'
import type { ReadWindow } from '../../src/client/engine/windows.ts'
import { createNativePrimitives } from '../../src/core/adapters/native-primitives.ts'
import { sealedChunkBytes } from '../../src/core/chunk.ts'
import { createKernels } from '../../src/core/kernels.ts'
import { packTakes } from '../../src/core/pack.ts'
import { StageClock } from './stage-clock.ts'
import { timedParts } from './timed-parts.ts'

const pageBytes = 64 * 1024

export interface EngineStages {
  /** Nanoseconds of processor time for each byte, by stage. */
  readonly put: ReadonlyMap<string, number>
  readonly get: ReadonlyMap<string, number>
}

export interface EngineWork {
  /** The file that is read. */
  readonly path: string
  readonly policy: { readonly k: number; readonly m: number }
}

export function engineStages(work: EngineWork): EngineStages {
  const run = new EngineRun(work)
  const bytes = run.run()
  const perByte = (clock: StageClock): Map<string, number> =>
    new Map([...clock.nanoseconds()].map(([stage, spent]) => [stage, spent / bytes]))
  return { put: perByte(run.putClock), get: perByte(run.getClock) }
}

interface Packed {
  readonly sealed: SealedPack
  readonly chunks: readonly CutChunk[]
}

class EngineRun {
  readonly putClock = new StageClock()
  readonly getClock = new StageClock()
  readonly #work: EngineWork
  readonly #vault: EngineVault
  readonly #put: Jobs
  readonly #get: Jobs
  readonly #windows: readonly Slot[]
  readonly #slots: readonly Slot[]
  /** What lies in each slot. */
  readonly #packs: (Packed | undefined)[]
  #turn = 0
  #hashing = ''

  constructor(work: EngineWork) {
    this.#work = work
    this.#vault = newVault()
    const slots = layOut([
      ...[0, 1].map(() => limits.windowBytes),
      ...Array.from({ length: limits.packsUnderWayMax }, () => packSlotBytes(work.policy)),
    ])
    this.#windows = slots.slice(0, 2)
    this.#slots = slots.slice(2)
    this.#packs = this.#slots.map(() => undefined)
    const memory = sharedMemory(slots)
    this.#put = this.#jobs(memory, this.putClock)
    this.#get = this.#jobs(memory, this.getClock)
  }

  /** How many bytes went through. */
  run(): number {
    const { path } = this.#work
    const vault = this.#vault.vault
    const { source } = this.#put.openSource({ kind: 'path', path: utf8(path), vault })
    let carry: Span | undefined
    for (let turn = 0; ; turn += 1) {
      const slot = this.#windows[turn % this.#windows.length]!
      const job = { source, slot, carry }
      this.#hashing = 'chunk id'
      const result = this.putClock.all(() => this.#window(job))
      for (const chunks of packsOf(result.chunks, this.#work.policy)) this.#pack(chunks)
      carry = result.carry
      if (result.end) return this.#finish(source, result.end.bytes)
    }
  }

  #window(job: WindowJob): ReadWindow {
    const result = this.#put.window(job)
    const last = result.end !== undefined
    this.#put.hash({ ...result.read, hash: job.source, digests: undefined, last })
    return result
  }

  #finish(source: number, bytes: number): number {
    this.#put.closeSource({ source, stat: undefined })
    for (const position of this.#slots.keys()) this.#open(position)
    return bytes
  }

  /** Seals into the next slot, and opens what was there: by now it has left the caches. */
  #pack(chunks: readonly CutChunk[]): void {
    const position = this.#turn % this.#slots.length
    this.#turn += 1
    this.#open(position)
    const job = {
      vault: this.#vault.vault,
      generation: 1,
      ...this.#work.policy,
      pack: systemRandom.bytes(16),
      slot: this.#slots[position]!,
      chunks,
    }
    this.#hashing = 'data roots'
    this.#packs[position] = { chunks, sealed: this.putClock.all(() => this.#put.seal(job)) }
  }

  #open(position: number): void {
    const packed = this.#packs[position]
    if (packed === undefined) return
    const { sealed, chunks } = packed
    const spans = sealed.chunks.map(({ id, offset, length }, at) => ({
      id,
      at: sealed.shardsAt + offset,
      length,
      generation: 1,
      plainBytes: chunks[at]!.length,
    }))
    const job = { vault: this.#vault.vault, chunks: spans }
    this.#hashing = 'chunk id'
    const { opened } = this.getClock.all(() => this.#get.open(job))
    if (!opened.every(Boolean)) throw new Error('A chunk that was just sealed does not open')
    this.#packs[position] = undefined
  }

  #jobs(memory: WebAssembly.Memory, clock: StageClock): Jobs {
    const parts = {
      memory: new Uint8Array(memory.buffer),
      kernels: createKernels({ memory, scratchAt: 0 }),
      primitives: createNativePrimitives(),
      random: systemRandom,
      files: nodeFiles,
    }
    const jobs = new Jobs(timedParts(parts, { clock, hashing: () => this.#hashing }))
    jobs.useVault(this.#vault)
    return jobs
  }
}

function newVault(): EngineVault {
  const [lifeKey, key, packListKey] = [0, 1, 2].map(() => systemRandom.bytes(32))
  return {
    vault: systemRandom.bytes(16).toHex(),
    lifeKey: lifeKey!,
    generationKeys: [key!],
    packListKey: packListKey!,
  }
}

/** Slots one after the other, behind the kernels' scratch. */
function layOut(sizes: readonly number[]): Slot[] {
  let at = Math.ceil(threadBytes / pageBytes) * pageBytes
  return sizes.map((bytes) => {
    const slot = { at, bytes }
    at += Math.ceil(bytes / pageBytes) * pageBytes
    return slot
  })
}

function sharedMemory(slots: readonly Slot[]): WebAssembly.Memory {
  const { at, bytes } = slots.at(-1)!
  const pages = Math.ceil((at + bytes) / pageBytes)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

/** The chunks of one window, a pack's worth at a time. */
function packsOf(chunks: readonly CutChunk[], policy: EngineWork['policy']): CutChunk[][] {
  const packs: CutChunk[][] = []
  let chunkBytes = 0
  for (const chunk of chunks) {
    const nextBytes = sealedChunkBytes(chunk.length)
    const last = packs.at(-1)
    if (last && packTakes(policy, { chunkBytes, nextBytes })) last.push(chunk)
    else packs.push([chunk])
    chunkBytes = (packs.at(-1) === last ? chunkBytes : 0) + nextBytes
  }
  return packs
}
