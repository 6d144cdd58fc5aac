import type { Clock } from '../../base/clock.ts'
import type { Engine, ShardSpan } from '../engine/engine.ts'
import type { SlotPool } from '../engine/slot-pool.ts'
import { Patience } from './patience.ts'
import type { PackPlaces } from './places.ts'
import type { Fetched, ShardFetcher } from './shard-fetcher.ts'
import { commonRange, shardRanges } from './shard-ranges.ts'
import type { CommonRange, PackRange, ShardRange } from './shard-ranges.ts'

export interface ReaderParts {
  readonly clock: Clock
  readonly engine: Engine
  readonly fetcher: ShardFetcher
  /** For what is fetched only to compute something missing. */
  readonly spare: SlotPool
}

/** Fills memory with ranges of packs, from their data shards or, where those fail, from any k others. */
export class PackReader {
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /**
   * The bytes are as the nodes gave them: the caller's AEAD decides whether they are right. TOO_FEW_NODES
   * when not enough shards can be reached, LOST when not enough exist.
   */
  async read(pack: PackPlaces, range: PackRange): Promise<void> {
    const failed = await this.#direct(pack, shardRanges(pack, range))
    if (failed.length > 0) await this.#computed(pack, failed)
  }

  /** Fetches the same range of every shard that can be reached, one after the other from `at` on. */
  async gather(pack: PackPlaces, range: CommonRange): Promise<ShardSpan[]> {
    const { fetcher } = this.#parts
    const places = fetcher.candidates(pack).map((index, position) => {
      return { index, at: range.at + position * align(range.bytes) }
    })
    const fetched = await Promise.all(
      places.map(({ index, at }) =>
        fetcher.fetch(pack, { index, offset: range.from, length: range.bytes, at }),
      ),
    )
    return places.filter((_, at) => fetched[at] === 'done')
  }

  /** Reads a range of one shard, for as long as it takes; false when it could not be had. */
  async readPiece(pack: PackPlaces, range: ShardRange): Promise<boolean> {
    return (await this.#parts.fetcher.fetch(pack, range)) === 'done'
  }

  /** Those that could not be had in time from their own shard. */
  async #direct(pack: PackPlaces, ranges: readonly ShardRange[]): Promise<ShardRange[]> {
    const { clock, fetcher } = this.#parts
    const reachable = fetcher.reachable(pack)
    const hasReserve = reachable.length > pack.k
    const quick = ranges.filter(({ index }) => fetcher.isQuick(pack, index))
    const asked = hasReserve ? quick : ranges.filter(({ index }) => reachable.includes(index))
    const bytes = Math.max(0, ...asked.map(({ length }) => length))
    const patience = hasReserve ? new Patience(clock, fetcher.pace.latestMs(bytes)) : undefined
    const done = new Set<ShardRange>()
    const fetches = asked.map(async (range) => {
      if ((await fetcher.fetch(pack, range, patience?.signal)) !== 'done') return
      done.add(range)
      patience?.answered()
    })
    await Promise.allSettled(fetches)
    patience?.end()
    await Promise.all(fetches)
    return ranges.filter((range) => !done.has(range))
  }

  /** Computes ranges from k shards: the same range of each, wide enough for all that is wanted of any. */
  async #computed(pack: PackPlaces, wanted: readonly ShardRange[]): Promise<void> {
    const { from, bytes } = commonRange(wanted)
    const slot = await this.#parts.spare.take(align(bytes) * (pack.k + wanted.length))
    try {
      const present = await this.#fetchAny(pack, { from, bytes, at: slot.at })
      const outAt = slot.at + align(bytes) * pack.k
      await computeRanges(this.#parts.engine, pack, { present, wanted, from, bytes, outAt })
    } finally {
      this.#parts.spare.giveBack(slot)
    }
  }

  /** The range of any k shards. One that is slow is given up for another, and asked again when all were asked. */
  async #fetchAny(pack: PackPlaces, range: CommonRange): Promise<ShardSpan[]> {
    const { fetcher } = this.#parts
    const candidates = fetcher.candidates(pack).map((index) => ({ index, patient: false }))
    const present: ShardSpan[] = []
    const fill = async (at: number): Promise<void> => {
      for (let next = candidates.shift(); next !== undefined; next = candidates.shift()) {
        const { index } = next
        const patient = next.patient || candidates.length === 0
        const place = { index, offset: range.from, length: range.bytes, at }
        const fetched = await this.#fetch(pack, place, { patient })
        if (fetched === 'slow') candidates.push({ index, patient: true })
        if (fetched !== 'done') continue
        present.push({ index, at })
        return
      }
    }
    const fills = Array.from({ length: pack.k }, (_, i) => fill(range.at + i * align(range.bytes)))
    await Promise.allSettled(fills)
    await Promise.all(fills)
    if (present.length < pack.k) throw fetcher.unreachable(pack)
    return present
  }

  /** `patient`: for as long as it takes. */
  async #fetch(
    pack: PackPlaces,
    range: ShardRange,
    { patient }: { readonly patient: boolean },
  ): Promise<Fetched> {
    const { clock, fetcher } = this.#parts
    if (patient) return await fetcher.fetch(pack, range)
    const patience = new Patience(clock, fetcher.pace.latestMs(range.length))
    try {
      return await fetcher.fetch(pack, range, patience.signal)
    } finally {
      patience.end()
    }
  }
}

/** Computes the wanted ranges from k shards that are present, and puts each in its place. */
export async function computeRanges(
  engine: Engine,
  pack: PackPlaces,
  work: {
    readonly present: readonly ShardSpan[]
    readonly wanted: readonly ShardRange[]
    readonly from: number
    readonly bytes: number
    /** Room for as many as are wanted. */
    readonly outAt: number
  },
): Promise<void> {
  const { present, wanted, from, bytes, outAt } = work
  const { k, m } = pack
  const places = wanted.map(({ index }, at) => ({ index, at: outAt + align(bytes) * at }))
  const missing = places.filter(({ index }) => !present.some((one) => one.index === index))
  if (missing.length > 0) await engine.reconstruct({ k, m, bytes, present, wanted: missing })
  for (const [at, range] of wanted.entries()) {
    const source = present.find(({ index }) => index === range.index) ?? places[at]!
    const start = source.at + range.offset - from
    engine.memory.copyWithin(range.at, start, start + range.length)
  }
}

/** Kernels like their places aligned. */
export function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
