import { compareBytes } from '../base/bytes.ts'
import type { IndexEntries } from './index-entries.ts'

const windowIds = 4096

/**
 * The next few thousand ids of an unordered index, in order: found by one pass over it, then good for
 * several pages of a listing. Ids removed meanwhile may still be in it; one added within its range ends it.
 */
export class ListWindow {
  /** Exclusive; undefined for the beginning. */
  readonly #after: Uint8Array | undefined
  readonly #ids: readonly Uint8Array[]
  /** The last id when there may be more after it. */
  readonly last: Uint8Array | undefined

  private constructor(after: Uint8Array | undefined, ids: readonly Uint8Array[]) {
    this.#after = after
    this.#ids = ids
    this.last = ids.length < windowIds ? undefined : ids.at(-1)
  }

  static of(entries: IndexEntries, after: Uint8Array | undefined): ListWindow {
    return new ListWindow(after, smallestAfter(entries, after))
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

/** Keeps up to twice as many as are wanted, and halves them when full: one pass, whatever the ids are. */
function smallestAfter(entries: IndexEntries, after: Uint8Array | undefined): Uint8Array[] {
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
  return kept
    .toSorted(byId)
    .slice(0, windowIds)
    .map((number) => entries.id(number).slice())
}

function orderOf(id: Uint8Array): number {
  return new DataView(id.buffer, id.byteOffset, 4).getUint32(0)
}
