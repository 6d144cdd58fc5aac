/**
 * One store on a simulated disk under a seed: random puts, removals, compactions and checkpoints, with a
 * power cut or a kill before any operation of the disk, several times over; now and then the index is lost
 * before an opening, or writes and syncs fail during it. After each opening, what was acknowledged must be
 * there and what was removed must not. Throws what it found, with the seed.
 */
import assert from 'node:assert/strict'
import { compareBytes, equalBytes } from '../../base/bytes.ts'
import { openSegmentStore } from '../../blocks/segment-store.ts'
import type { ShardStore } from '../../blocks/shard-store.ts'
import type { StoreFaults } from '../../blocks/store-faults.ts'
import type { Primitives } from '../../core/primitives.ts'
import {
  putSample,
  readSample,
  sampleShard,
  type SampleShard,
} from '../conformance/sample-shard.ts'
import { Scheduler } from './scheduler.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

export interface CrashWorldOptions {
  readonly seed: number
  readonly primitives: Primitives
  readonly faults?: StoreFaults
  /** Writes and syncs fail now and then; default by chance of the seed. */
  readonly trouble?: boolean
}

/** What is known of one shard from outside. */
interface Known {
  readonly sample: SampleShard
  /** Acknowledged as held or absent; under way or refused: either. */
  state: 'held' | 'absent' | 'either'
  recordNumber: number
  busy: boolean
}

const rounds = 5

export async function runCrashWorld(options: CrashWorldOptions): Promise<void> {
  const world = new CrashWorld(options)
  try {
    await world.run()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`Seed ${options.seed}: ${reason}`, { cause: error })
  }
}

class CrashWorld {
  readonly #options: CrashWorldOptions
  readonly #random: SeededRandom
  readonly #scheduler: Scheduler
  readonly #disk: SimulatedDisk
  readonly #known: Known[] = []
  readonly #withTrouble: boolean
  #storeId: Uint8Array | undefined
  #lastRecord = 0
  #term = 0
  /** Writes or syncs failed while it was opened: the last batch may be in memory only, and says so. */
  #openedInTrouble = false

  constructor(options: CrashWorldOptions) {
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#scheduler = new Scheduler(this.#random.fork())
    const [scheduler, random] = [this.#scheduler, this.#random.fork()]
    this.#disk = new SimulatedDisk({ scheduler, random, direct: this.#random.chance(0.5) })
    this.#withTrouble = options.trouble ?? this.#random.chance(0.3)
  }

  async run(): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      await this.#untilCrash(() => this.#openAndWork())
    }
    await this.#scheduler.run(this.#lastLook(), { timeMaxMs: 1e6 })
  }

  /** Runs `work` until it is done or the machine goes down, whichever is first. */
  async #untilCrash(work: () => Promise<void>): Promise<void> {
    const disk = this.#disk
    let left = this.#random.between(1, 160)
    const down = new Promise<void>((resolve) => {
      disk.beforeOperation = () => {
        left -= 1
        if (left > 0) return
        disk.beforeOperation = undefined
        if (this.#random.chance(0.8)) disk.crash()
        else disk.kill()
        resolve()
      }
    })
    await this.#scheduler.run(Promise.race([work(), down]), { timeMaxMs: 1e6 })
    disk.beforeOperation = undefined
    disk.kill()
    this.#setTrouble(0)
    for (const known of this.#known) {
      if (known.busy) known.state = 'either'
      known.busy = false
    }
  }

  async #openAndWork(): Promise<void> {
    if (this.#random.chance(0.3)) await this.#disk.process().remove('index')
    const store = await this.#openInTrouble()
    if (store === undefined) return
    await this.#verify(store)
    this.#setTrouble(this.#withTrouble ? 0.03 : 0)
    const workers = Array.from({ length: 6 }, () => this.#worker(store))
    await Promise.all(workers)
    if (this.#random.chance(0.5)) await ignoreRefusal(store.close())
  }

  /** Undefined when the disk does not let it be opened now. */
  async #openInTrouble(): Promise<ShardStore | undefined> {
    if (!this.#withTrouble || this.#random.chance(0.7)) return this.#open()
    this.#openedInTrouble = true
    this.#setTrouble(0.1)
    try {
      return await this.#open()
    } catch (error) {
      if (!isSimulated(error)) requireRefusal(error)
      return undefined
    } finally {
      this.#setTrouble(0)
    }
  }

  async #worker(store: ShardStore): Promise<void> {
    for (let steps = this.#random.between(3, 25); steps > 0; steps -= 1) {
      const dice = this.#random.fraction()
      if (dice < 0.45) await this.#put(store, this.#pickToPut())
      else if (dice < 0.75) await this.#remove(store)
      else if (dice < 0.95) await ignoreRefusal(store.work())
      else await this.#raiseTerm(store)
      if (store.state.kind !== 'serving') await store.probe()
      if (store.state.kind === 'serving') {
        this.#lastRecord = Math.max(this.#lastRecord, store.lastRecord)
      }
    }
  }

  /** Mostly a new shard; now and then one that is held already, or was removed. */
  #pickToPut(): Known {
    const random = this.#random
    const idle = this.#known.filter((known) => !known.busy)
    if (idle.length > 0 && random.chance(0.3)) return random.pick(idle)
    const bytes = random.pick([64, 640, 3904, 4096, 12_032, 66_048])
    const { primitives } = this.#options
    const sample = sampleShard({ random, primitives, bytes })
    const known: Known = { sample, state: 'absent', recordNumber: 0, busy: false }
    this.#known.push(known)
    return known
  }

  async #put(store: ShardStore, known: Known): Promise<void> {
    known.busy = true
    const was = known.state
    try {
      const { recordNumber, batch, position } = await putSample(store, known.sample)
      assert.equal(batch.shards[position]?.recordNumber, recordNumber, 'a batch names its records')
      known.state = 'held'
      known.recordNumber = recordNumber
    } catch (error) {
      requireRefusal(error)
      if (was !== 'held') known.state = 'either'
    }
    known.busy = false
  }

  async #remove(store: ShardStore): Promise<void> {
    const held = this.#known.filter((each) => !each.busy && each.state === 'held')
    if (held.length === 0) return
    const known = this.#random.pick(held)
    known.busy = true
    try {
      const result = await store.remove(known.sample.shardId, known.recordNumber)
      assert.equal(result, 'removed', 'what is held can be removed')
      known.state = 'absent'
    } catch (error) {
      requireRefusal(error)
      known.state = 'either'
    }
    known.busy = false
  }

  async #raiseTerm(store: ShardStore): Promise<void> {
    const term = this.#term + 1
    try {
      await store.raiseTerm(term)
      this.#term = Math.max(this.#term, term)
    } catch (error) {
      requireRefusal(error)
    }
  }

  #open(): Promise<ShardStore> {
    const { primitives, faults } = this.#options
    return openSegmentStore({
      disk: this.#disk.process(),
      clock: this.#scheduler.clock(),
      random: this.#random,
      primitives,
      segmentBytes: 256 * 1024,
      diskReserveBytes: 1024 * 1024,
      checkpointRecords: 10,
      // Fewer than are read at once: a listing reads them all
      openSegmentsMax: 2,
      ...(faults && { faults }),
    })
  }

  async #verify(store: ShardStore): Promise<void> {
    this.#storeId ??= store.storeId
    if (this.#lastRecord > 0) assert.deepEqual(store.storeId, this.#storeId, 'the store id stays')
    if (!this.#openedInTrouble) {
      assert.ok(store.lastRecord >= this.#lastRecord, 'record numbers do not go back')
    }
    assert.ok(store.term >= this.#term, 'the term does not go back')
    const there: Uint8Array[] = []
    for (const known of this.#known) {
      if (await this.#verifyShard(store, known)) there.push(known.sample.shardId)
    }
    const listed = await store.list({ most: 100_000 })
    assert.deepEqual(
      listed.shards.map((shard) => shard.shardId),
      there.toSorted(compareBytes),
      'the listing is what is held',
    )
    const damaged = listed.shards.filter((shard) => shard.damaged)
    if (!this.#openedInTrouble) assert.equal(damaged.length, 0, 'nothing is damaged')
    assert.equal(store.usage().shards, there.length, 'the count is what is held')
  }

  async #verifyShard(store: ShardStore, known: Known): Promise<boolean> {
    const { sample, state } = known
    const found = await readSample(store, sample)
    if (state === 'held') {
      assert.ok(found, `acknowledged record ${known.recordNumber} is there`)
      const { recordNumber } = store.find(sample.shardId)!
      assert.equal(recordNumber, known.recordNumber, 'a shard keeps its record number')
    }
    if (state === 'absent') assert.equal(found, undefined, 'a removed shard stays removed')
    const saysDamaged = store.find(sample.shardId)?.damaged ?? false
    if (found !== undefined && !saysDamaged) {
      assert.ok(equalBytes(found, sample.content), 'bytes are as they were put')
    }
    // What was never acknowledged may go again
    if (this.#openedInTrouble && state === 'either') return found !== undefined
    known.state = found === undefined ? 'absent' : 'held'
    known.recordNumber = store.find(sample.shardId)?.recordNumber ?? 0
    return found !== undefined
  }

  /** From the checkpoint of a clean end, then from the segments alone. */
  async #lastLook(): Promise<void> {
    const store = await this.#open()
    await this.#verify(store)
    while ((await store.work()) === 'did-some') await this.#verify(store)
    await store.close()
    const again = await this.#open()
    await this.#verify(again)
    await again.close()
    await this.#disk.process().remove('index')
    const rebuilt = await this.#open()
    await this.#verify(rebuilt)
    await rebuilt.close()
  }

  #setTrouble(chance: number): void {
    this.#disk.trouble.writeFails = chance
    this.#disk.trouble.syncFails = chance
  }
}

async function ignoreRefusal(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    requireRefusal(error)
  }
}

function isSimulated(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('EIO: simulated')
}

/** What a disk in trouble is refused with; anything else is a defect. */
function requireRefusal(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'READ_ONLY' && code !== 'NO_SPACE') throw error
}
