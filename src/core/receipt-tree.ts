/** The tree over the entries of one group commit (docs/format.md, section 6). */
import { label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'

const innerLabel = label('receipt inner')

export interface ReceiptTree {
  readonly root: Uint8Array
  /** For each leaf, the sibling hashes from leaf to root. */
  readonly paths: readonly Uint8Array[][]
}

/** At least one leaf, 32 bytes each. */
export function buildReceiptTree(
  primitives: Primitives,
  leaves: readonly Uint8Array[],
): ReceiptTree {
  const paths = leaves.map((): Uint8Array[] => [])
  const build = (from: number, to: number): Uint8Array => {
    if (to - from === 1) return leaves[from]!
    const middle = from + splitOf(to - from)
    const [left, right] = [build(from, middle), build(middle, to)]
    for (let at = from; at < middle; at += 1) paths[at]!.push(right)
    for (let at = middle; at < to; at += 1) paths[at]!.push(left)
    return labelledHash(primitives, innerLabel, left, right)
  }
  return { root: build(0, leaves.length), paths }
}

export interface TreePlace {
  readonly position: number
  /** Of all leaves. */
  readonly count: number
}

/** How many siblings a leaf has. `position` is below `count`. */
export function pathLength(place: TreePlace): number {
  let { position, count } = place
  let length = 0
  for (; count > 1; length += 1) {
    const split = splitOf(count)
    if (position < split) count = split
    else [position, count] = [position - split, count - split]
  }
  return length
}

/** The root a leaf and its siblings lead to. There are `pathLength` siblings. */
export function rootOfPath(
  primitives: Primitives,
  place: TreePlace,
  path: { readonly leaf: Uint8Array; readonly siblings: readonly Uint8Array[] },
): Uint8Array {
  const { position, count } = place
  if (count === 1) return path.leaf
  const split = splitOf(count)
  const isLeft = position < split
  const below = isLeft
    ? { position, count: split }
    : { position: position - split, count: count - split }
  const siblings = path.siblings.slice(0, -1)
  const own = rootOfPath(primitives, below, { leaf: path.leaf, siblings })
  const other = path.siblings[path.siblings.length - 1]!
  return labelledHash(primitives, innerLabel, isLeft ? own : other, isLeft ? other : own)
}

/** The largest power of two below `count`, which is over 1. */
function splitOf(count: number): number {
  return 2 ** (31 - Math.clz32(count - 1))
}
