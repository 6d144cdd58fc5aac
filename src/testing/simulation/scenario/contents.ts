/** The paths and contents that simulated users choose from. */
import { toHex, utf8 } from '../../../base/bytes.ts'
import { limits } from '../../../base/limits.ts'
import type { FileTime } from '../../../client/engine/local-files.ts'
import type { EntryKind } from '../../../client/index/vault-index.ts'
import type { Path } from '../../../client/tree/path.ts'
import type { Primitives } from '../../../core/primitives.ts'
import type { SeededRandom } from '../seeded-random.ts'
import type { Value } from './oracle.ts'

export interface Place {
  readonly text: string
  readonly path: Path
  readonly kind: 'file' | 'link'
}

/** Something to put. */
export interface Content {
  readonly bytes: Uint8Array
  /** Each its own, so that nothing new looks as what was there before. */
  readonly modified: FileTime
  readonly value: Value
}

const fileNames = [
  'a',
  'b',
  'c',
  'd/x',
  'd/y',
  'd/s/z',
  'e/1',
  'e/2',
  'line\nbreak',
  'not UTF-8 \xff',
]
const emptyShare = 0.08
/** From and to, bytes: what is over `knownAskBytesMin` goes the way of large files. */
const lengths: Readonly<Record<Sizes, readonly (readonly [number, number])[]>> = {
  tiny: [
    [1, 300],
    [300, 3000],
  ],
  mixed: [
    [1, 2000],
    [1, 2000],
    [2000, 65_000],
    [66_000, 120_000],
  ],
  large: [
    [1, 2000],
    [66_000, 300_000],
    [66_000, 600_000],
  ],
}
const linkNames = ['link', 'd/link']

export const places: readonly Place[] = [
  ...fileNames.map((text): Place => ({ text, path: pathOf(text), kind: 'file' })),
  ...linkNames.map((text): Place => ({ text, path: pathOf(text), kind: 'link' })),
]

export const folders: readonly string[] = ['d', 'd/s', 'e']

export function pathOf(text: string): Path {
  return text.split('/').map((name) => Uint8Array.from(name, (letter) => letter.charCodeAt(0)))
}

/** Path as in `Place.text`. */
export function textOf(path: Path): string {
  return path.map((name) => String.fromCharCode(...name)).join('/')
}

/** What a file or link is seen as. */
export function valueOf(seen: {
  readonly kind: EntryKind
  readonly sha256: Uint8Array
  readonly modified: FileTime
}): Value {
  const { kind, sha256, modified } = seen
  return `${kind} ${toHex(sha256.subarray(0, 6))} of ${modified.seconds}`
}

export type Sizes = 'tiny' | 'mixed' | 'large'

export interface ContentsOptions {
  readonly random: SeededRandom
  /** How much of what is put was put before, in [0, 1]. */
  readonly knownShare: number
  readonly sizes: Sizes
}

export class Contents {
  readonly #primitives: Primitives
  readonly #random: SeededRandom
  readonly #made: Uint8Array[] = []
  #lastSeconds = 1_000_000

  readonly #knownShare: number
  readonly #sizes: Sizes

  constructor(primitives: Primitives, options: ContentsOptions) {
    this.#primitives = primitives
    this.#random = options.random
    this.#knownShare = options.knownShare
    this.#sizes = options.sizes
  }

  /** Mostly small and new; now and then known, empty, or of several chunks. */
  choose(kind: Place['kind']): Content {
    const bytes = kind === 'link' ? this.#target() : this.#bytes()
    this.#lastSeconds += 1
    const modified = { seconds: this.#lastSeconds, nanoseconds: 0 }
    const hash = this.#primitives.sha256()
    hash.update(bytes)
    return { bytes, modified, value: valueOf({ kind, sha256: hash.digest(), modified }) }
  }

  #target(): Uint8Array {
    return utf8(`to/${this.#random.between(0, 1_000_000)}`)
  }

  #bytes(): Uint8Array {
    const random = this.#random
    if (this.#made.length > 0 && random.chance(this.#knownShare)) return this.#known()
    const bytes = this.#filled(this.#length())
    this.#made.push(bytes)
    return bytes
  }

  /** Large ones are what deduplication is for. */
  #known(): Uint8Array {
    const large = this.#made.filter(({ length }) => length > limits.knownAskBytesMin)
    return this.#random.pick(large.length > 0 && this.#random.chance(0.5) ? large : this.#made)
  }

  #length(): number {
    const random = this.#random
    if (random.chance(emptyShare)) return 0
    const [least, most] = random.pick(lengths[this.#sizes])
    return random.between(least, most)
  }

  /** Different everywhere, and quick to make. */
  #filled(length: number): Uint8Array {
    const words = new Uint32Array(Math.ceil(length / 4))
    let word = this.#random.next() | 1
    for (let at = 0; at < words.length; at += 1) {
      word ^= word << 13
      word ^= word >>> 17
      word ^= word << 5
      words[at] = word
    }
    return new Uint8Array(words.buffer, 0, length)
  }
}
