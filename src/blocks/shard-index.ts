import { shardIdBytes } from '../core/shard.ts'
import { IndexEntries, type IndexEntry } from './index-entries.ts'
import { ListWindow } from './list-window.ts'
import { halfSipHash } from './sip-hash.ts'

const tableCount = 256
const slotsMin = 16
/** Share of a table's slots that may be taken. */
const loadMax = 0.75

/**
 * What is held, in memory: about 46 bytes of entry and 5 to 11 bytes of slots for each shard. 256 tables,
 * so that one growing never keeps anyone waiting; a slot holds an entry's number plus one.
 */
export class ShardIndex {
  readonly entries = new IndexEntries()
  readonly #secret: { readonly low: number; readonly high: number }
  readonly #tables: Uint32Array[] = []
  readonly #taken = new Uint32Array(tableCount)
  readonly #words = new Uint32Array(Math.ceil(shardIdBytes / 4))
  readonly #wordBytes = new Uint8Array(this.#words.buffer)
  #window: ListWindow | undefined

  /** `secret`: 8 unpredictable bytes. */
  constructor(secret: Uint8Array) {
    const view = new DataView(secret.buffer, secret.byteOffset, 8)
    this.#secret = { low: view.getUint32(0, true), high: view.getUint32(4, true) }
    for (let table = 0; table < tableCount; table += 1) {
      this.#tables.push(new Uint32Array(slotsMin))
    }
  }

  get count(): number {
    return this.entries.count
  }

  find(shardId: Uint8Array): IndexEntry | undefined {
    const number = this.#number(shardId)
    return number === undefined ? undefined : this.entries.get(number)
  }

  /** Adds the entry, or replaces the one of the same id. */
  set(entry: IndexEntry): void {
    const known = this.#number(entry.shardId)
    if (known !== undefined) {
      this.entries.set(known, entry)
      return
    }
    const hash = this.#hash(entry.shardId)
    const table = hash % tableCount
    this.#growFor(table)
    this.#place(this.#tables[table]!, hash, this.entries.add(entry))
    this.#taken[table] = this.#taken[table]! + 1
    if (this.#window?.covers(entry.shardId)) this.#window = undefined
  }

  delete(shardId: Uint8Array): void {
    const hash = this.#hash(shardId)
    const slots = this.#tables[hash % tableCount]!
    const slot = this.#slot(slots, hash, shardId)
    const taken = slots[slot]!
    if (taken === 0) return
    this.entries.remove(taken - 1)
    this.#taken[hash % tableCount] = this.#taken[hash % tableCount]! - 1
    this.#close(slots, slot)
  }

  /** Ids of up to `most` entries after `after`, in order. */
  idsAfter(after: Uint8Array | undefined, most: number): Uint8Array[] {
    const ids: Uint8Array[] = []
    let cursor = after
    while (ids.length < most) {
      if (!this.#window?.serves(cursor)) this.#window = ListWindow.of(this.entries, cursor)
      const window = this.#window
      for (const id of window.after(cursor)) {
        if (this.#number(id) !== undefined) ids.push(id)
        if (ids.length === most) return ids
      }
      if (window.last === undefined) return ids
      cursor = window.last
    }
    return ids
  }

  #number(shardId: Uint8Array): number | undefined {
    const hash = this.#hash(shardId)
    const slots = this.#tables[hash % tableCount]!
    const taken = slots[this.#slot(slots, hash, shardId)]!
    return taken === 0 ? undefined : taken - 1
  }

  /** The slot that holds the id, or the free one where it would go. */
  #slot(slots: Uint32Array, hash: number, shardId: Uint8Array): number {
    const mask = slots.length - 1
    let slot = (hash >>> 8) & mask
    while (slots[slot] !== 0 && !this.entries.hasId(slots[slot]! - 1, shardId)) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  #place(slots: Uint32Array, hash: number, number: number): void {
    const mask = slots.length - 1
    let slot = (hash >>> 8) & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = number + 1
  }

  #growFor(table: number): void {
    const slots = this.#tables[table]!
    if (this.#taken[table]! + 1 <= slots.length * loadMax) return
    const larger = new Uint32Array(slots.length * 2)
    for (const taken of slots) {
      if (taken !== 0) this.#place(larger, this.#hash(this.entries.id(taken - 1)), taken - 1)
    }
    this.#tables[table] = larger
  }

  /** Frees the slot and moves up what would no longer be found behind it. */
  #close(slots: Uint32Array, freed: number): void {
    const mask = slots.length - 1
    let hole = freed
    for (let slot = (hole + 1) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = (this.#hash(this.entries.id(slots[slot]! - 1)) >>> 8) & mask
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole] = slots[slot]!
      hole = slot
    }
    slots[hole] = 0
  }

  #hash(shardId: Uint8Array): number {
    this.#wordBytes.set(shardId)
    return halfSipHash(this.#secret, this.#words)
  }
}
