/** Reading a chunk although some shards give wrong bytes, and finding out which. */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Engine, SealedSpan, ShardSpan } from '../engine/engine.ts'
import type { SlotPool } from '../engine/slot-pool.ts'
import { align, computeRanges } from './pack-reader.ts'
import type { PackReader } from './pack-reader.ts'
import type { PackPlaces, PlacedChunk, PlacesParts } from './places.ts'
import { proveShards, provePieceBytes } from './prove-shards.ts'
import { commonRange, shardRanges } from './shard-ranges.ts'
import type { ShardRange } from './shard-ranges.ts'

export interface RunParts extends PlacesParts {
  readonly engine: Engine
  readonly reader: PackReader
  readonly spare: SlotPool
  /** Told of shards whose bytes were wrong. */
  readonly suspect: (pack: PackPlaces, index: number) => void
}

interface Gathered {
  /** What each shard gave. */
  readonly given: readonly ShardSpan[]
  readonly wanted: readonly ShardRange[]
  readonly from: number
  readonly bytes: number
  readonly outAt: number
}

/**
 * Fetches the chunk's range of every shard there is, and tries a few choices of k until the chunk opens, in
 * place; then each other shard is compared with what that choice implies. When none of those opens it, the
 * shards are read whole and compared with what they were registered as: that finds and tells the wrong ones
 * whatever the policy, and the others open it if anything does. CORRUPT, LOST, TOO_FEW_NODES.
 */
export async function recover(
  parts: RunParts,
  chunk: PlacedChunk,
  span: SealedSpan,
): Promise<void> {
  const { pack, offset, length } = chunk
  const wanted = shardRanges(pack, { offset, length, at: span.at })
  const { from, bytes } = commonRange(wanted)
  const places = pack.k + pack.m + wanted.length
  const slot = await parts.spare.take(align(bytes) * places + provePieceBytes)
  try {
    const given = await parts.reader.gather(pack, { from, bytes, at: slot.at })
    const outAt = slot.at + align(bytes) * (pack.k + pack.m)
    const work = { pack, span, gathered: { given, wanted, from, bytes, outAt } }
    const untried = choices(given, pack.k)
    const use = await guess(parts, work, { untried, most: limits.recoverGuessesMax })
    if (use) await tellSuspects(parts, { ...work, use })
    else {
      const pieceAt = slot.at + align(bytes) * places
      await openWithProven(parts, { ...work, pieceAt, untried })
    }
  } finally {
    parts.spare.giveBack(slot)
  }
}

interface Recovery {
  readonly pack: PackPlaces
  readonly span: SealedSpan
  readonly gathered: Gathered
}

/** The choice of shards with which the chunk opened, of the next ones. */
async function guess(
  parts: RunParts,
  work: Recovery,
  { untried, most }: { readonly untried: Iterator<ShardSpan[]>; readonly most: number },
): Promise<readonly ShardSpan[] | undefined> {
  for (let tries = 0; tries < most; tries += 1) {
    const { done, value: present } = untried.next()
    if (done === true) return undefined
    if (await opensWith(parts, work, present)) return present
  }
  return undefined
}

/**
 * With shards that are as they were registered; if that is of no use, because what was registered is wrong or
 * too many have a fault somewhere else, with others. CORRUPT.
 */
async function openWithProven(
  parts: RunParts,
  work: Recovery & { readonly pieceAt: number; readonly untried: Iterator<ShardSpan[]> },
): Promise<void> {
  const { pack, gathered, pieceAt, untried } = work
  const { given } = gathered
  const { primitives } = parts.session.world
  const proofParts = { primitives, memory: parts.engine.memory, reader: parts.reader }
  const proven = await proveShards(proofParts, pack, { given, range: gathered, pieceAt })
  for (const { index } of proven.wrong) parts.suspect(pack, index)
  const present = proven.right.slice(0, pack.k)
  if (present.length === pack.k && (await opensWith(parts, work, present))) return
  if (await guess(parts, work, { untried, most: limits.recoverTriesMax })) return
  throw corrupt(pack, { given: given.length, right: proven.right.length })
}

async function opensWith(
  { engine, vault }: RunParts,
  { pack, span, gathered }: Recovery,
  present: readonly ShardSpan[],
): Promise<boolean> {
  await computeRanges(engine, pack, { ...gathered, present })
  const { opened } = await engine.open({ vault: vault.vault, chunks: [span] })
  return opened[0] === true
}

/** The chunk tells of all k that were used only if one of its own shards was computed from them. */
async function tellSuspects(
  { engine, suspect }: RunParts,
  work: {
    readonly pack: PackPlaces
    readonly gathered: Gathered
    readonly use: readonly ShardSpan[]
  },
): Promise<void> {
  const { pack, gathered, use } = work
  const { bytes, outAt, given, wanted } = gathered
  const { k, m } = pack
  const isUsed = (index: number): boolean => use.some((one) => one.index === index)
  if (wanted.every(({ index }) => isUsed(index))) return
  for (const { index, at } of given) {
    if (isUsed(index)) continue
    await engine.reconstruct({ k, m, bytes, present: use, wanted: [{ index, at: outAt }] })
    const implied = engine.memory.subarray(outAt, outAt + bytes)
    if (!equalBytes(implied, engine.memory.subarray(at, at + bytes))) suspect(pack, index)
  }
}

function corrupt(
  pack: PackPlaces,
  count: { readonly given: number; readonly right: number },
): HoldfastError {
  const { given, right } = count
  return new HoldfastError(
    'CORRUPT',
    `Cannot read a part: ${given} shards answer, ${right} are as they were stored, ${pack.k} are needed`,
    { details: { pack: pack.pack, given, right } },
  )
}

/**
 * Choices of `count` of the items: first those that leave out as few of the others as possible from the
 * beginning on, so that one wrong shard wherever it is costs few tries.
 */
export function* choices<Item>(items: readonly Item[], count: number): Generator<Item[]> {
  const seen = new Set<string>()
  for (let without = 0; without <= items.length - count; without += 1) {
    for (const left of subsets(items.length, without)) {
      const rest = [...items.keys()].filter((at) => !left.includes(at)).slice(0, count)
      const key = rest.join()
      if (seen.has(key)) continue
      seen.add(key)
      yield rest.map((at) => items[at]!)
    }
  }
}

/** Every set of `size` numbers below `count`. */
function* subsets(count: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield []
  else {
    for (let at = from; at + size <= count; at += 1) {
      for (const rest of subsets(count, size - 1, at + 1)) yield [at, ...rest]
    }
  }
}
