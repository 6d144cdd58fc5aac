/** Reading a chunk although some shards give wrong bytes, and finding out which. */
import { equalBytes } from '../../base/bytes.ts'
import { HoldfastError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { Engine, SealedSpan, ShardSpan } from '../engine/engine.ts'
import type { SlotPool } from '../engine/slot-pool.ts'
import { align, computeRanges } from './pack-reader.ts'
import type { PackReader } from './pack-reader.ts'
import type { PackPlaces, PlacedChunk, PlacesParts } from './places.ts'
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
 * Fetches the chunk's range of every shard there is, and tries choices of k until the chunk opens, in place;
 * then each other shard is compared with what that choice implies. CORRUPT, LOST, TOO_FEW_NODES.
 */
export async function recover(
  parts: RunParts,
  chunk: PlacedChunk,
  span: SealedSpan,
): Promise<void> {
  const { pack, offset, length } = chunk
  const wanted = shardRanges(pack, { offset, length, at: span.at })
  const { from, bytes } = commonRange(wanted)
  const slot = await parts.spare.take(align(bytes) * (pack.k + pack.m + wanted.length))
  try {
    const given = await parts.reader.gather(pack, { from, bytes, at: slot.at })
    const outAt = slot.at + align(bytes) * (pack.k + pack.m)
    const gathered = { given, wanted, from, bytes, outAt }
    const use = await openWithAny(parts, { pack, span, gathered })
    if (use === undefined) throw corrupt(pack, given.length)
    await tellSuspects(parts, { pack, gathered, use })
  } finally {
    parts.spare.giveBack(slot)
  }
}

/** The choice of shards with which the chunk opened. */
async function openWithAny(
  parts: RunParts,
  work: { readonly pack: PackPlaces; readonly span: SealedSpan; readonly gathered: Gathered },
): Promise<readonly ShardSpan[] | undefined> {
  const { pack, span, gathered } = work
  let tries = 0
  for (const present of choices(gathered.given, pack.k)) {
    if (tries === limits.recoverTriesMax) return undefined
    tries += 1
    await computeRanges(parts.engine, pack, { ...gathered, present })
    const { opened } = await parts.engine.open({ vault: parts.vault.vault, chunks: [span] })
    if (opened[0] === true) return present
  }
  return undefined
}

async function tellSuspects(
  { engine, suspect }: RunParts,
  work: {
    readonly pack: PackPlaces
    readonly gathered: Gathered
    readonly use: readonly ShardSpan[]
  },
): Promise<void> {
  const { pack, gathered, use } = work
  const { bytes, outAt, given } = gathered
  const { k, m } = pack
  for (const { index, at } of given) {
    if (use.some((one) => one.index === index)) continue
    await engine.reconstruct({ k, m, bytes, present: use, wanted: [{ index, at: outAt }] })
    const implied = engine.memory.subarray(outAt, outAt + bytes)
    if (!equalBytes(implied, engine.memory.subarray(at, at + bytes))) suspect(pack, index)
  }
}

function corrupt(pack: PackPlaces, given: number): HoldfastError {
  return new HoldfastError(
    'CORRUPT',
    `Cannot read a part: no ${pack.k} of the ${given} shards that answer give the bytes that were sealed`,
    { details: { pack: pack.pack, given } },
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
