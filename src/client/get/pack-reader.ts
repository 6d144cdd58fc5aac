import { HoldfastError } from '../../base/errors.ts'
import type { Cluster } from '../cluster.ts'
import { idBytes } from '../cluster.ts'
import type { Engine } from '../engine/engine.ts'
import type { SlotPool } from '../engine/slot-pool.ts'
import type { Session } from '../session.ts'
import { Patience, SlowNode } from './patience.ts'
import type { PackPlaces } from './places.ts'
import { shardRanges } from './shard-ranges.ts'
import type { PackRange, ShardRange } from './shard-ranges.ts'

export interface ReaderParts {
  readonly session: Session
  readonly cluster: Cluster
  readonly engine: Engine
  /** 16 bytes. */
  readonly vault: Uint8Array
  /** For what is fetched only to compute something missing. */
  readonly spare: SlotPool
  readonly signal?: AbortSignal | undefined
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
    if (failed.length === 0) return
    const lacking = new Set(failed.map(({ index }) => index))
    const others = this.reachable(pack).filter((index) => !lacking.has(index))
    await this.#computed(pack, failed, others)
  }

  /** The same from these k shards alone. Throws when one of them does not answer. */
  async readFrom(pack: PackPlaces, range: PackRange, use: readonly number[]): Promise<void> {
    await this.#computed(pack, shardRanges(pack, range), [...use])
  }

  /** Indices of the shards that could be asked now. */
  reachable(pack: PackPlaces): number[] {
    return pack.shards
      .filter(({ node, state }) => mayHold(state) && this.#parts.cluster.isUp(node))
      .map(({ index }) => index)
  }

  /** Those that could not be had in time from their own shard. */
  async #direct(pack: PackPlaces, ranges: readonly ShardRange[]): Promise<ShardRange[]> {
    const own = new Set(ranges.map(({ index }) => index))
    const others = this.reachable(pack).some((index) => !own.has(index))
    const patience = others ? new Patience(this.#parts.session.world.clock) : undefined
    const results = await Promise.all(
      ranges.map(async (range) => {
        const done = await this.#fetch(pack, range, patience?.signal)
        if (done) patience?.answered()
        return done
      }),
    ).finally(() => patience?.end())
    return ranges.filter((_, at) => results[at] === false)
  }

  /** False when this shard's node is down, failed or was too slow. */
  async #fetch(pack: PackPlaces, range: ShardRange, slow?: AbortSignal): Promise<boolean> {
    const { cluster, engine, signal } = this.#parts
    const shard = pack.shards.find(({ index }) => index === range.index)
    if (shard === undefined || !mayHold(shard.state) || !cluster.isUp(shard.node)) return false
    const signals = [signal, slow].filter((one) => one !== undefined)
    try {
      const requests = cluster.requests(shard.node)
      if (requests === undefined) return false
      await requests.read(
        {
          shard: {
            pack: idBytes(pack.pack),
            index: range.index,
            placementGeneration: pack.generation,
          },
          vault: this.#parts.vault,
        },
        {
          offset: range.offset,
          into: engine.memory.subarray(range.at, range.at + range.length),
          signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
        },
      )
      return true
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof SlowNode) return false
      if (!(error instanceof HoldfastError)) throw error
      cluster.failed(shard.node, error)
      return false
    }
  }

  /**
   * Computes ranges from k other shards: the same range of each, wide enough for all that is wanted of any
   * of them.
   */
  async #computed(
    pack: PackPlaces,
    wanted: readonly ShardRange[],
    candidates: number[],
  ): Promise<void> {
    const from = Math.min(...wanted.map(({ offset }) => offset))
    const to = Math.max(...wanted.map(({ offset, length }) => offset + length))
    const bytes = to - from
    const slot = await this.#parts.spare.take(align(bytes) * (pack.k + wanted.length))
    try {
      const present = await this.#fetchAny(pack, { from, bytes, at: slot.at, candidates })
      const outAt = slot.at + align(bytes) * pack.k
      const places = wanted.map(({ index }, at) => ({ index, at: outAt + align(bytes) * at }))
      const { k, m } = pack
      const missing = places.filter(({ index }) => !present.some((one) => one.index === index))
      if (missing.length > 0) {
        await this.#parts.engine.reconstruct({ k, m, bytes, present, wanted: missing })
      }
      for (const [at, range] of wanted.entries()) {
        const source = present.find(({ index }) => index === range.index) ?? places[at]!
        const start = source.at + range.offset - from
        this.#parts.engine.memory.copyWithin(range.at, start, start + range.length)
      }
    } finally {
      this.#parts.spare.giveBack(slot)
    }
  }

  /** The range of any k shards, each at its place from `at` on. */
  async #fetchAny(
    pack: PackPlaces,
    wanted: {
      readonly from: number
      readonly bytes: number
      readonly at: number
      readonly candidates: number[]
    },
  ): Promise<{ readonly index: number; readonly at: number }[]> {
    const { candidates } = wanted
    const present: { readonly index: number; readonly at: number }[] = []
    const next = async (at: number): Promise<void> => {
      for (let index = candidates.shift(); index !== undefined; index = candidates.shift()) {
        const range = { index, offset: wanted.from, length: wanted.bytes, at }
        if (await this.#fetch(pack, range)) {
          present.push({ index, at })
          return
        }
      }
    }
    const places = Array.from({ length: pack.k }, (_, i) => wanted.at + i * align(wanted.bytes))
    await Promise.all(places.map(next))
    if (present.length < pack.k) throw this.#unreachable(pack)
    return present
  }

  #unreachable(pack: PackPlaces): HoldfastError {
    const { cluster } = this.#parts
    const existing = pack.shards.filter(({ state }) => mayHold(state))
    const away = existing.filter(({ node }) => !cluster.isUp(node)).map(({ node }) => node)
    const names = [...new Set(away)].map((node) => cluster.nameOf(node))
    const reach = existing.length - away.length
    const details = { pack: pack.pack, needed: pack.k, reachable: reach, down: names }
    if (existing.length < pack.k || away.length === 0) {
      return new HoldfastError(
        'LOST',
        `Cannot read a part: ${pack.k} of its ${pack.k + pack.m} shards are needed, ${reach} exist and answer`,
        { details },
      )
    }
    return new HoldfastError(
      'TOO_FEW_NODES',
      `Cannot read a part: ${pack.k} shards are needed, ${reach} can be reached; not there: ${names.join(', ')}`,
      { hint: `Bring ${names.join(' or ')} back; see holdfast status`, details },
    )
  }
}

function mayHold(state: PackPlaces['shards'][number]['state']): boolean {
  return state === 'durable' || state === 'unknown'
}

/** Kernels like their places aligned. */
function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}
