import { assert } from '../../base/assert.ts'

/** A part of the engine's memory, page-aligned. */
export interface Slot {
  readonly at: number
  readonly bytes: number
}

const alignBytes = 4096

interface Waiter {
  readonly bytes: number
  readonly give: (slot: Slot) => void
}

/**
 * Hands out parts of one block of memory, first fit, in the order they were asked for; who asks for more
 * than is free waits. This is what bounds a client's memory: nothing heavy lies outside it.
 */
export class SlotPool {
  readonly #free: { at: number; bytes: number }[]
  readonly #bytesMax: number
  readonly #waiting: Waiter[] = []

  /** The region [at, at + bytes) of the memory. */
  constructor(region: Slot) {
    const at = alignUp(region.at)
    const bytes = Math.floor((region.at + region.bytes - at) / alignBytes) * alignBytes
    this.#free = [{ at, bytes }]
    this.#bytesMax = bytes
  }

  /** Largest slot there can be. */
  get bytesMax(): number {
    return this.#bytesMax
  }

  /** Whether anyone waits for a slot. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0
  }

  take(bytes: number): Promise<Slot> {
    const wanted = alignUp(bytes)
    assert(wanted <= this.#bytesMax, `a slot of ${bytes} bytes is over ${this.#bytesMax}`)
    const slot = this.#waiting.length === 0 ? this.#fit(wanted) : undefined
    if (slot) return Promise.resolve(slot)
    return new Promise((give) => this.#waiting.push({ bytes: wanted, give }))
  }

  /** At once, or not at all: never overtakes who waits. */
  tryTake(bytes: number): Slot | undefined {
    return this.#waiting.length === 0 ? this.#fit(alignUp(bytes)) : undefined
  }

  giveBack(slot: Slot): void {
    this.#insert(slot)
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const fitting = this.#fit(next.bytes)
      if (fitting === undefined) return
      this.#waiting.shift()
      next.give(fitting)
    }
  }

  #fit(bytes: number): Slot | undefined {
    const position = this.#free.findIndex((hole) => hole.bytes >= bytes)
    if (position < 0) return undefined
    const hole = this.#free[position]!
    const slot = { at: hole.at, bytes }
    hole.at += bytes
    hole.bytes -= bytes
    if (hole.bytes === 0) this.#free.splice(position, 1)
    return slot
  }

  #insert(slot: Slot): void {
    let position = this.#free.findIndex((hole) => hole.at > slot.at)
    if (position < 0) position = this.#free.length
    this.#free.splice(position, 0, { at: slot.at, bytes: slot.bytes })
    this.#join(position)
    this.#join(position - 1)
  }

  #join(position: number): void {
    const [left, right] = [this.#free[position], this.#free[position + 1]]
    if (left === undefined || right === undefined) return
    assert(left.at + left.bytes <= right.at, 'a slot was given back twice')
    if (left.at + left.bytes !== right.at) return
    left.bytes += right.bytes
    this.#free.splice(position + 1, 1)
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / alignBytes) * alignBytes
}
