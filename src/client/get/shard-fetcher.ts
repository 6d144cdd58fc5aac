/** Reading ranges of single shards, and which shards of a pack to ask first. */
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Cluster } from '../cluster.ts'
import { idToBytes } from '../../core/id-to-bytes.ts'
import type { Engine } from '../engine/engine.ts'
import type { Session } from '../session.ts'
import { ReadPace, SlowNode } from './patience.ts'
import type { PackPlaces } from './places.ts'
import type { ShardRange } from './shard-ranges.ts'

export interface FetcherParts {
  readonly session: Session
  readonly cluster: Cluster
  readonly engine: Engine
  /** 16 bytes. */
  readonly vault: Uint8Array
  /** Told of shards that their nodes do not have, or cannot give. */
  readonly suspect: (pack: PackPlaces, index: number) => void
  readonly signal?: AbortSignal | undefined
}

/** `slow`: given up for others; its node may well answer later. */
export type Fetched = 'done' | 'slow' | 'failed'

export class ShardFetcher {
  readonly pace = new ReadPace()
  readonly #parts: FetcherParts

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** Shards that may be there, at nodes that seem to answer: those that were slow lately come last. */
  reachable(pack: PackPlaces): number[] {
    const { cluster } = this.#parts
    const there = existing(pack).filter(({ node }) => cluster.isUp(node))
    const slow = there.filter(({ node }) => cluster.isSlow(node))
    return [...there.filter((shard) => !slow.includes(shard)), ...slow].map(({ index }) => index)
  }

  /** The same, and at the end those at nodes that failed us a moment ago. */
  candidates(pack: PackPlaces): number[] {
    const { cluster } = this.#parts
    const failed = existing(pack).filter(
      ({ node }) => cluster.isSaidUp(node) && !cluster.isUp(node),
    )
    return [...this.reachable(pack), ...failed.map(({ index }) => index)]
  }

  /** Whether this shard's node answers as fast as others. */
  isQuick(pack: PackPlaces, index: number): boolean {
    const { cluster } = this.#parts
    const shard = existing(pack).find((one) => one.index === index)
    return shard !== undefined && cluster.isUp(shard.node) && !cluster.isSlow(shard.node)
  }

  /** Fills the range's place in memory. Throws the signal's reason. */
  async fetch(pack: PackPlaces, range: ShardRange, slow?: AbortSignal): Promise<Fetched> {
    const { cluster, session, signal } = this.#parts
    const shard = existing(pack).find(({ index }) => index === range.index)
    if (shard === undefined) return 'failed'
    const { clock } = session.world
    const startMs = clock.monotonicMs()
    try {
      await this.#read(pack, { node: shard.node, range, slow })
      if (range.length >= limits.leafBytes) {
        this.pace.note(range.length, clock.monotonicMs() - startMs)
      }
      cluster.served(shard.node)
      return 'done'
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof SlowNode) {
        const tookMs = clock.monotonicMs() - startMs
        if (tookMs >= limits.reserveLatestMs) cluster.dawdled(shard.node)
        return 'slow'
      }
      if (!(error instanceof HoldfastError)) throw error
      const isLacking = error.code === 'NOT_FOUND' || error.code === 'CORRUPT'
      if (isLacking && shard.state === 'durable') this.#parts.suspect(pack, range.index)
      cluster.failed(shard.node, error)
      return 'failed'
    }
  }

  /** Why k shards could not be had. LOST, TOO_FEW_NODES. */
  unreachable(pack: PackPlaces): HoldfastError {
    const { cluster } = this.#parts
    const shards = existing(pack)
    const away = shards.filter(({ node }) => !cluster.isUp(node))
    const down = [...new Set(away.map(({ node }) => cluster.nameOf(node)))].toSorted()
    const reachable = shards.length - away.length
    const details = { pack: pack.pack, needed: pack.k, reachable, down }
    if (shards.length < pack.k || away.length === 0) {
      return new HoldfastError(
        'LOST',
        `Cannot read a part: ${pack.k} of its ${pack.k + pack.m} shards are needed, ${reachable} exist and answer`,
        { details },
      )
    }
    return new HoldfastError(
      'TOO_FEW_NODES',
      `Cannot read a part: ${pack.k} shards are needed, ${reachable} can be reached; not there: ${down.join(', ')}`,
      { hint: `Bring ${down.join(' or ')} back; see holdfast status`, details },
    )
  }

  async #read(
    pack: PackPlaces,
    wanted: {
      readonly node: string
      readonly range: ShardRange
      readonly slow: AbortSignal | undefined
    },
  ): Promise<void> {
    const { cluster, engine, vault } = this.#parts
    const { node, range, slow } = wanted
    const signals = [this.#parts.signal, slow].filter((one) => one !== undefined)
    const requests = cluster.requests(node)
    if (requests === undefined) throw new HoldfastError('NODE_UNREACHABLE', `No node is ${node}`)
    await requests.read(
      {
        shard: {
          pack: idToBytes(pack.pack),
          index: range.index,
          placementGeneration: pack.generation,
        },
        vault,
      },
      {
        offset: range.offset,
        into: engine.memory.subarray(range.at, range.at + range.length),
        signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
      },
    )
  }
}

/** Those that are not known to be missing. */
function existing(pack: PackPlaces): PackPlaces['shards'] {
  return pack.shards.filter(({ state }) => state === 'durable' || state === 'unknown')
}
