import type { PackPlaces } from '../../catalogue/rows/packs.ts'
import type { ErasureCoder } from '../../core/erasure.ts'
import type { CoordinatorContext } from '../context.ts'
import { createPace } from '../pace.ts'
import type { FetchedShard } from './pack-reader.ts'

export interface ErasureWork {
  readonly coder: ErasureCoder
  readonly pack: Pick<PackPlaces, 'k' | 'm' | 'shardLength'>
  readonly present: readonly FetchedShard[]
  readonly wanted: readonly number[]
}

/** The wanted shards, computed range by range, so that requests are served in between. */
export async function reconstructSlowly(
  { clock, limits }: Pick<CoordinatorContext, 'clock' | 'limits'>,
  { coder, pack, present, wanted }: ErasureWork,
): Promise<Uint8Array[]> {
  const pace = createPace(clock)
  const whole = wanted.map(() => new Uint8Array(pack.shardLength))
  for (let from = 0; from < pack.shardLength; from += limits.healRangeBytes) {
    const to = Math.min(pack.shardLength, from + limits.healRangeBytes)
    const ranges = present.map(({ index, bytes }) => ({ index, bytes: bytes.subarray(from, to) }))
    const computed = coder.reconstruct(pack, { present: ranges, wanted })
    for (const [at, range] of computed.entries()) whole[at]!.set(range, from)
    await pace()
  }
  return whole
}
