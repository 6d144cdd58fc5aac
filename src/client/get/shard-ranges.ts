/** Which parts of which data shards a range of a pack is. */
import { shardBytesOf } from '../../core/pack.ts'
import type { PackPlaces } from './places.ts'

/** A range of one data shard, and where in memory it belongs. */
export interface ShardRange {
  readonly index: number
  readonly offset: number
  readonly length: number
  readonly at: number
}

export interface PackRange {
  readonly offset: number
  readonly length: number
  /** Where in memory its first byte belongs. */
  readonly at: number
}

/** The code is systematic and not interleaved: data shard i is the i-th part of the pack. */
export function shardRanges(pack: PackPlaces, range: PackRange): ShardRange[] {
  const shardLength = shardBytesOf(pack.packLength, pack.k)
  const end = range.offset + range.length
  const ranges: ShardRange[] = []
  for (let offset = range.offset; offset < end;) {
    const index = Math.floor(offset / shardLength)
    const next = Math.min(end, (index + 1) * shardLength)
    ranges.push({
      index,
      offset: offset - index * shardLength,
      length: next - offset,
      at: range.at + offset - range.offset,
    })
    offset = next
  }
  return ranges
}

/** The same range of several shards. */
export interface CommonRange {
  readonly from: number
  readonly bytes: number
  /** Where in memory the first shard's belongs. */
  readonly at: number
}

/** What holds all of the ranges, wherever their shards. */
export function commonRange(ranges: readonly ShardRange[]): Omit<CommonRange, 'at'> {
  const from = Math.min(...ranges.map(({ offset }) => offset))
  const to = Math.max(...ranges.map(({ offset, length }) => offset + length))
  return { from, bytes: to - from }
}
