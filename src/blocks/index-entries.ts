import { assert } from '../base/assert.ts'
import { shardIdBytes } from '../core/shard.ts'
import { recordAlignBytes } from './record.ts'

/** Where a shard's record lies. */
export interface Place {
  readonly segment: number
  readonly offset: number
}

/** What is kept of each shard, in typed arrays: 46 bytes. */
export interface IndexEntry extends Place {
  readonly shardId: Uint8Array
  readonly vault: Uint8Array
  readonly dataBytes: number
  readonly recordNumber: number
  readonly damaged: boolean
}

const piece = 16_384
const liveFlag = 1
const damagedFlag = 2

interface EntryPiece {
  readonly ids: Uint8Array
  readonly segments: Uint32Array
  readonly units: Uint32Array
  readonly dataBytes: Uint32Array
  readonly vaults: Uint32Array
  readonly recordNumbers: Float64Array
  readonly flags: Uint8Array
}

/** Numbered entries that stay where they are; freed numbers are given again. Grows by pieces, never copies. */
export class IndexEntries {
  readonly #pieces: EntryPiece[] = []
  readonly #vaults: Uint8Array[] = []
  readonly #vaultNumbers = new Map<string, number>()
  #end = 0
  /** Head of the list of free numbers, linked through `units`; -1 when empty. */
  #free = -1
  #count = 0

  get count(): number {
    return this.#count
  }

  /** One above the highest number ever used. */
  get end(): number {
    return this.#end
  }

  get vaults(): readonly Uint8Array[] {
    return this.#vaults
  }

  add(entry: IndexEntry): number {
    const number = this.#takeNumber()
    const at = number % piece
    const { ids, flags } = this.#pieceOf(number)
    assert(entry.shardId.length === shardIdBytes, 'a shard id has 21 bytes')
    ids.set(entry.shardId, at * shardIdBytes)
    flags[at] = liveFlag
    this.set(number, entry)
    this.#count += 1
    return number
  }

  /** All but the id. */
  set(number: number, entry: IndexEntry): void {
    const at = number % piece
    const entries = this.#pieceOf(number)
    entries.segments[at] = entry.segment
    entries.units[at] = entry.offset / recordAlignBytes
    entries.dataBytes[at] = entry.dataBytes
    entries.vaults[at] = this.vaultNumber(entry.vault)
    entries.recordNumbers[at] = entry.recordNumber
    entries.flags[at] = liveFlag | (entry.damaged ? damagedFlag : 0)
  }

  get(number: number): IndexEntry {
    const at = number % piece
    const entries = this.#pieceOf(number)
    return {
      shardId: entries.ids.slice(at * shardIdBytes, (at + 1) * shardIdBytes),
      vault: this.#vaults[entries.vaults[at]!]!,
      segment: entries.segments[at]!,
      offset: entries.units[at]! * recordAlignBytes,
      dataBytes: entries.dataBytes[at]!,
      recordNumber: entries.recordNumbers[at]!,
      damaged: (entries.flags[at]! & damagedFlag) !== 0,
    }
  }

  segment(number: number): number {
    return this.#pieceOf(number).segments[number % piece]!
  }

  dataBytes(number: number): number {
    return this.#pieceOf(number).dataBytes[number % piece]!
  }

  remove(number: number): void {
    const at = number % piece
    const entries = this.#pieceOf(number)
    entries.flags[at] = 0
    entries.units[at] = this.#free + 1
    this.#free = number
    this.#count -= 1
  }

  isLive(number: number): boolean {
    return this.#pieceOf(number).flags[number % piece] !== 0
  }

  /** First four bytes of the id, as a number that orders like them. */
  order(number: number): number {
    const { ids } = this.#pieceOf(number)
    const at = (number % piece) * shardIdBytes
    return ((ids[at]! << 24) | (ids[at + 1]! << 16) | (ids[at + 2]! << 8) | ids[at + 3]!) >>> 0
  }

  /** Numbers whose order is from `least` to `most`; undefined when there are more than `countMax`. */
  withOrder(
    range: { readonly least: number; readonly most: number },
    countMax: number,
  ): number[] | undefined {
    const { least, most } = range
    const found: number[] = []
    for (const [pieceAt, { ids, flags }] of this.#pieces.entries()) {
      const end = Math.min(piece, this.#end - pieceAt * piece)
      for (let at = 0, byte = 0; at < end; at += 1, byte += shardIdBytes) {
        const high = (ids[byte]! << 24) | (ids[byte + 1]! << 16)
        const order = (high | (ids[byte + 2]! << 8) | ids[byte + 3]!) >>> 0
        if (order < least || order > most || flags[at] === 0) continue
        found.push(pieceAt * piece + at)
        if (found.length > countMax) return undefined
      }
    }
    return found
  }

  /** A view: valid until the number is removed. */
  id(number: number): Uint8Array {
    const at = (number % piece) * shardIdBytes
    return this.#pieceOf(number).ids.subarray(at, at + shardIdBytes)
  }

  hasId(number: number, shardId: Uint8Array): boolean {
    const { ids } = this.#pieceOf(number)
    const at = (number % piece) * shardIdBytes
    for (let byte = 0; byte < shardIdBytes; byte += 1) {
      if (ids[at + byte] !== shardId[byte]) return false
    }
    return true
  }

  /** The vault's place in `vaults`; added when it is new. */
  vaultNumber(vault: Uint8Array): number {
    const text = vault.toHex()
    const known = this.#vaultNumbers.get(text)
    if (known !== undefined) return known
    this.#vaultNumbers.set(text, this.#vaults.length)
    return this.#vaults.push(vault.slice()) - 1
  }

  #takeNumber(): number {
    const free = this.#free
    if (free < 0) {
      if (this.#end % piece === 0) this.#pieces.push(newPiece())
      this.#end += 1
      return this.#end - 1
    }
    this.#free = this.#pieceOf(free).units[free % piece]! - 1
    return free
  }

  #pieceOf(number: number): EntryPiece {
    return this.#pieces[Math.floor(number / piece)]!
  }
}

function newPiece(): EntryPiece {
  return {
    ids: new Uint8Array(piece * shardIdBytes),
    segments: new Uint32Array(piece),
    units: new Uint32Array(piece),
    dataBytes: new Uint32Array(piece),
    vaults: new Uint32Array(piece),
    recordNumbers: new Float64Array(piece),
    flags: new Uint8Array(piece),
  }
}
