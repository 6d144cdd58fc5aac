/**
 * Whether pages, each sealed to its ids and its number, are together the list that the version's record names:
 * in order, none left out, none twice, each where the one before ended.
 */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { listRoot } from '../../core/page.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { IndexEntry } from '../index/vault-index.ts'

/** A page that was sealed for just this place. */
export interface ListedPage {
  readonly number: number
  /** In the content, of its first byte. */
  readonly offset: number
  /** What the list root is made of, 32 bytes. */
  readonly hash: Uint8Array
  readonly chunks: readonly { readonly plainBytes: number }[]
}

export class ListCheck {
  readonly #entry: IndexEntry
  readonly #hashes: Uint8Array[] = []
  #bytes = 0
  #chunks = 0

  constructor(entry: IndexEntry) {
    this.#entry = entry
  }

  /** Number of the page that is due. */
  get due(): number {
    return this.#hashes.length
  }

  /** The next page. CORRUPT when it is another one. */
  take(page: ListedPage): void {
    const { chunks, hash, number, offset } = page
    if (number !== this.due) throw wrong(`page ${number} of its list came, ${this.due} was due`)
    if (offset !== this.#bytes) {
      throw wrong(`page ${number} of its list begins at ${offset}, ${this.#bytes} is right`)
    }
    this.#hashes.push(hash)
    this.#chunks += chunks.length
    for (const { plainBytes } of chunks) this.#bytes += plainBytes
    this.#checkMost()
  }

  /** CORRUPT unless the pages taken are the whole list. */
  finish(primitives: Primitives): void {
    const { bytes, chunkCount, listRoot: root } = this.#entry
    if (this.#chunks !== chunkCount) {
      throw wrong(`its list has ${this.#chunks} chunks, its record says ${chunkCount}`)
    }
    if (this.#bytes !== bytes) {
      throw wrong(`its list has ${this.#bytes} bytes, its record says ${bytes}`)
    }
    if (equalBytes(listRoot(primitives, this.#hashes), root)) return
    throw wrong('its list is not the one its record names')
  }

  #checkMost(): void {
    const { bytes, chunkCount } = this.#entry
    if (this.#chunks <= chunkCount && this.#bytes <= bytes) return
    throw wrong(`its list goes on behind its ${chunkCount} chunks of ${bytes} bytes`)
  }
}

function wrong(why: string): HoldfastError {
  return new HoldfastError('CORRUPT', `Cannot read a file: ${why}`, {
    hint: 'Do not trust the coordinator before this is understood',
  })
}
