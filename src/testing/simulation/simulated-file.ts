import { countNothing } from './counters.ts'
import type { Count } from './counters.ts'
import type { SeededRandom } from './seeded-random.ts'

export const pageBytes = 4096
const sectorBytes = 512

/**
 * The bytes of one simulated file, page by page: what is durable, what was written since, and what a
 * failed sync left readable but on no disk. Pages that were never written are zeros and take no memory.
 */
export class SimulatedFile {
  #durable = new Map<number, Uint8Array>()
  readonly #dirty = new Map<number, Uint8Array>()
  /** Readable until the next crash, and never durable unless written again. */
  readonly #ghosts = new Map<number, Uint8Array>()
  /** Durable pages that a truncation dropped and no sync has covered yet. */
  #cut = new Set<number>()
  /** Pages that take space. */
  #taken = new Set<number>()
  /** Pages that a sync under way is making durable: a write to one makes a new page. */
  readonly #frozen = new WeakSet<Uint8Array>()
  #durableSize = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Pages that take space. */
  get pageCount(): number {
    return this.#taken.size
  }

  hasPage(page: number): boolean {
    return this.#page(page) !== undefined
  }

  read(target: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.#size - position))
    for (let done = 0; done < length;) {
      const at = position + done
      const within = at % pageBytes
      const count = Math.min(pageBytes - within, length - done)
      const page = this.#page(Math.floor(at / pageBytes))
      if (page === undefined) target.fill(0, done, done + count)
      else target.set(page.subarray(within, within + count), done)
      done += count
    }
    return length
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const at = position + done
      const within = at % pageBytes
      const count = Math.min(pageBytes - within, bytes.length - done)
      const page = this.#writablePage(Math.floor(at / pageBytes))
      page.set(bytes.subarray(done, done + count), within)
      done += count
    }
    this.#size = Math.max(this.#size, position + bytes.length)
  }

  truncate(size: number): void {
    const last = Math.floor(size / pageBytes)
    if (size % pageBytes > 0 && this.hasPage(last)) {
      this.#writablePage(last).fill(0, size % pageBytes)
    }
    for (const page of this.#taken) {
      if (page * pageBytes < size) continue
      this.#taken.delete(page)
      this.#dirty.delete(page)
      this.#ghosts.delete(page)
      if (this.#durable.has(page)) this.#cut.add(page)
    }
    this.#size = size
  }

  /** Begins a sync: the function it returns ends it, well or badly. */
  beginSync(): (outcome: 'done' | 'lost', random: SeededRandom) => void {
    const pages = [...this.#dirty]
    const size = this.#size
    const cut = [...this.#cut]
    for (const [, page] of pages) this.#frozen.add(page)
    return (outcome, random) => {
      if (outcome === 'done') {
        this.#durableSize = size
        for (const page of cut) if (this.#cut.delete(page)) this.#durable.delete(page)
      }
      for (const [number, page] of pages) {
        if (outcome === 'done') this.#durable.set(number, page)
        if (this.#dirty.get(number) === page) this.#dirty.delete(number)
        if (outcome === 'done') this.#ghosts.delete(number)
        else if (random.chance(0.5)) this.#ghosts.set(number, page)
      }
    }
  }

  /** Power is cut: each sector written since the last sync is kept or lost by itself. */
  crash(random: SeededRandom, count: Count = countNothing): void {
    this.#ghosts.clear()
    const kept = random.pick([0, 1, 0.5, random.fraction()])
    const sizeKept = this.#size !== this.#durableSize && random.chance(kept)
    if (sizeKept) for (const page of this.#cut) this.#durable.delete(page)
    this.#cut.clear()
    for (const [number, page] of this.#dirty) {
      const after = this.#durable.get(number)?.slice() ?? new Uint8Array(pageBytes)
      let sectors = 0
      for (let at = 0; at < pageBytes; at += sectorBytes) {
        if (!random.chance(kept)) continue
        after.set(page.subarray(at, at + sectorBytes), at)
        sectors += 1
      }
      count(fateOf(sectors))
      this.#durable.set(number, after)
    }
    this.#dirty.clear()
    if (sizeKept) this.#durableSize = this.#size
    this.#size = this.#durableSize
    this.#taken = new Set(this.#durable.keys())
  }

  /** Turns one bit over, at rest. False when nothing was ever written. */
  flipBit(random: SeededRandom): boolean {
    const pages = [...this.#durable.keys()].filter((page) => page * pageBytes < this.#size)
    if (pages.length === 0) return false
    const at = random.pick(pages) * pageBytes + random.between(0, pageBytes - 1)
    this.flipBitAt(at, random.between(0, 7))
    return true
  }

  flipBitAt(position: number, bit: number): void {
    const number = Math.floor(position / pageBytes)
    for (const pages of [this.#durable, this.#dirty, this.#ghosts]) {
      const page = pages.get(number)
      if (page === undefined) continue
      const flipped = page.slice()
      flipped[position % pageBytes] = flipped[position % pageBytes]! ^ (1 << bit)
      pages.set(number, flipped)
    }
  }

  /** What is durable, as a file of its own. */
  durableCopy(): SimulatedFile {
    const copy = new SimulatedFile()
    // Pages are replaced, never changed, once they are durable
    copy.#durable = new Map(this.#durable)
    copy.#durableSize = this.#durableSize
    copy.#size = this.#durableSize
    copy.#taken = new Set(this.#durable.keys())
    return copy
  }

  #page(number: number): Uint8Array | undefined {
    const written = this.#dirty.get(number) ?? this.#ghosts.get(number)
    if (written !== undefined || this.#cut.has(number)) return written
    return this.#durable.get(number)
  }

  #writablePage(number: number): Uint8Array {
    const dirty = this.#dirty.get(number)
    if (dirty !== undefined && !this.#frozen.has(dirty)) return dirty
    const page = this.#page(number)?.slice() ?? new Uint8Array(pageBytes)
    this.#dirty.set(number, page)
    this.#taken.add(number)
    return page
  }
}

/** Of a page that was written and not synced when the power went. */
function fateOf(sectorsKept: number): string {
  if (sectorsKept === 0) return 'power cut: unsynced pages lost'
  const isWhole = sectorsKept === pageBytes / sectorBytes
  return isWhole ? 'power cut: unsynced pages kept' : 'power cut: unsynced pages torn'
}
