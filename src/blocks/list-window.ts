import { compareBytes } from '../base/bytes.ts'
import { shardIdBytes } from '../core/shard.ts'
import type { IndexEntries } from './index-entries.ts'

const windowIds = 8192

/**
 * The next few thousand ids of an unordered index, in order: found by one pass over it, then good for
 * several pages of a listing. Ids removed meanwhile may still be in it; one added within its range ends it.
 */
export class ListWindow {
  /** Exclusive; undefined for the beginning. */
  readonly #after: Uint8Array | undefined
  readonly #ids: readonly Uint8Array[]
  /** Where the window ends, inclusive; undefined when no id is beyond it. */
  readonly last: Uint8Array | undefined

  private constructor(after: Uint8Array | undefined, found: FoundIds) {
    this.#after = after
    this.#ids = found.ids
    this.last = found.last
  }

  static of(entries: IndexEntries, after: Uint8Array | undefined): ListWindow {
    return new ListWindow(after, spread(entries, after) ?? crowded(entries, after))
  }

  /** Whether an id lies where this window claims to be complete. */
  covers(id: Uint8Array): boolean {
    if (this.#after !== undefined && compareBytes(id, this.#after) <= 0) return false
    return this.last === undefined || compareBytes(id, this.last) <= 0
  }

  /** Whether what follows `cursor` begins in this window. */
  serves(cursor: Uint8Array | undefined): boolean {
    if (cursor === undefined) return this.#after === undefined
    if (this.#after !== undefined && compareBytes(cursor, this.#after) < 0) return false
    return this.last === undefined || compareBytes(cursor, this.last) < 0
  }

  /** The window's ids after `cursor`. */
  after(cursor: Uint8Array | undefined): readonly Uint8Array[] {
    if (cursor === undefined) return this.#ids
    let [low, high] = [0, this.#ids.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(this.#ids[middle]!, cursor) <= 0) low = middle + 1
      else high = middle
    }
    return this.#ids.slice(low)
  }
}

interface FoundIds {
  readonly ids: readonly Uint8Array[]
  readonly last: Uint8Array | undefined
}

/** Takes the part of the id space that holds enough if ids are spread evenly; undefined when it holds too many. */
function spread(entries: IndexEntries, after: Uint8Array | undefined): FoundIds | undefined {
  const least = after === undefined ? 0 : orderOf(after)
  const width = (2 ** 32 * windowIds) / Math.max(1, entries.count)
  const most = Math.min(2 ** 32 - 1, Math.floor(least + width))
  const numbers = entries.withOrder({ least, most }, windowIds * 2)
  if (numbers === undefined) return undefined
  const ids = numbers.map((number) => entries.id(number).slice())
  const beyond = after === undefined ? ids : ids.filter((id) => compareBytes(id, after) > 0)
  return {
    ids: beyond.toSorted(compareBytes),
    last: most < 2 ** 32 - 1 ? highestOf(most) : undefined,
  }
}

/** The highest id of an order. */
function highestOf(order: number): Uint8Array {
  const id = new Uint8Array(shardIdBytes).fill(0xff)
  new DataView(id.buffer).setUint32(0, order)
  return id
}

/** Keeps up to twice as many as are wanted, and halves them when full: one pass, whatever the ids are. */
function crowded(entries: IndexEntries, after: Uint8Array | undefined): FoundIds {
  const byId = (left: number, right: number): number =>
    entries.order(left) - entries.order(right) || compareBytes(entries.id(left), entries.id(right))
  const afterOrder = after === undefined ? 0 : orderOf(after)
  let kept: number[] = []
  let highest = 2 ** 32
  for (let number = 0; number < entries.end; number += 1) {
    const order = entries.order(number)
    if (order > highest || order < afterOrder || !entries.isLive(number)) continue
    if (after !== undefined && compareBytes(entries.id(number), after) <= 0) continue
    kept.push(number)
    if (kept.length < windowIds * 2) continue
    kept = kept.toSorted(byId).slice(0, windowIds)
    highest = entries.order(kept.at(-1)!)
  }
  const ids = kept
    .toSorted(byId)
    .slice(0, windowIds)
    .map((number) => entries.id(number).slice())
  return { ids, last: ids.length < windowIds ? undefined : ids.at(-1) }
}

function orderOf(id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset, 4).getUint32(0)
}
