/**
 * The Merkle tree over a shard's data (docs/format.md, section 5). Level by level: neighbours are paired, a
 * last one without neighbour goes up as it is; that splits n leaves at the largest power of two below n.
 */
import { assert } from '../base/assert.ts'
import { limits } from '../base/limits.ts'
import { label, labelledHash } from './hashing.ts'
import type { Primitives } from './primitives.ts'

const { leafBytes } = limits
const leafLabel = label('leaf')
const innerLabel = label('inner')

/** How many leaves so much data has: at least one. */
function leafCount(dataBytes: number): number {
  return Math.max(1, Math.ceil(dataBytes / leafBytes))
}

/** Leaf hashes of data that is there at once, without a copy. */
export function leafHashes(primitives: Primitives, bytes: Uint8Array): Uint8Array[] {
  const key = labelledHash(primitives, leafLabel)
  return Array.from({ length: leafCount(bytes.length) }, (_, index) =>
    primitives.blake3Keyed(key, bytes.subarray(index * leafBytes, (index + 1) * leafBytes)),
  )
}

/** Data root from leaf hashes: at least one. */
export function dataRootOf(primitives: Primitives, leaves: readonly Uint8Array[]): Uint8Array {
  assert(leaves.length > 0, 'a tree has a leaf')
  const key = labelledHash(primitives, innerLabel)
  let level = leaves
  while (level.length > 1) level = levelAbove(primitives, level, key)
  return level[0]!
}

/** Data root of data that is there at once. */
export function dataRoot(primitives: Primitives, bytes: Uint8Array): Uint8Array {
  return dataRootOf(primitives, leafHashes(primitives, bytes))
}

/** Sibling hashes of leaf `index`, from the leaf to the root. */
export function proveLeaf(
  primitives: Primitives,
  leaves: readonly Uint8Array[],
  index: number,
): Uint8Array[] {
  assert(index < leaves.length, 'the tree has the leaf')
  const key = labelledHash(primitives, innerLabel)
  const siblings: Uint8Array[] = []
  let place = index
  for (let level = leaves; level.length > 1; level = levelAbove(primitives, level, key)) {
    const sibling = level[place ^ 1]
    if (sibling !== undefined) siblings.push(sibling)
    place >>= 1
  }
  return siblings
}

export interface LeafProof {
  readonly index: number
  /** Of the whole shard's data. */
  readonly shardBytes: number
  /** The leaf's bytes. */
  readonly leaf: Uint8Array
  readonly siblings: readonly Uint8Array[]
}

/** The data root that the proof leads to; undefined when its shape is wrong for that length and index. */
export function rootFromProof(primitives: Primitives, proof: LeafProof): Uint8Array | undefined {
  const { index, shardBytes, leaf, siblings } = proof
  const count = leafCount(shardBytes)
  if (!Number.isInteger(index) || index < 0 || index >= count) return undefined
  if (leaf.length !== Math.min(leafBytes, shardBytes - index * leafBytes)) return undefined
  if (siblings.some((sibling) => sibling.length !== 32)) return undefined
  const key = labelledHash(primitives, innerLabel)
  let hash = primitives.blake3Keyed(labelledHash(primitives, leafLabel), leaf)
  let used = 0
  for (let place = index, width = count; width > 1; place >>= 1, width = (width + 1) >> 1) {
    if ((place ^ 1) >= width) continue
    const sibling = siblings[used]
    if (sibling === undefined) return undefined
    used += 1
    const pair = (place & 1) === 0 ? [hash, sibling] : [sibling, hash]
    hash = primitives.blake3Keyed(key, ...pair)
  }
  return used === siblings.length ? hash : undefined
}

function levelAbove(
  primitives: Primitives,
  level: readonly Uint8Array[],
  key: Uint8Array,
): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let at = 0; at < level.length; at += 2) {
    const [left, right] = [level[at]!, level[at + 1]]
    above.push(right === undefined ? left : primitives.blake3Keyed(key, left, right))
  }
  return above
}
