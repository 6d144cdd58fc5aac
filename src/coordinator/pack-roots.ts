import type { PackPlaces } from '../catalogue/rows/packs.ts'
import type { Primitives } from '../core/primitives.ts'
import { shardIdentities, type ShardIdentity } from '../core/shard.ts'
import { idToBytes } from '../core/id-to-bytes.ts'

export type PackShape = Pick<
  PackPlaces,
  'pack' | 'vault' | 'kind' | 'code' | 'k' | 'm' | 'packLength' | 'generation' | 'dataRoots'
>

/** Headers and roots of all shards of a pack, in order of index: they follow from its description. */
export function packIdentities(primitives: Primitives, pack: PackShape): ShardIdentity[] {
  const { code, k, m } = pack
  const description = {
    kind: pack.kind === 2 ? ('journal' as const) : ('data' as const),
    code,
    k,
    m,
    packBytes: pack.packLength,
    pack: idToBytes(pack.pack),
    vault: idToBytes(pack.vault),
    placementGeneration: pack.generation,
  }
  const dataRoots = Array.from({ length: k + m }, (_, index) => dataRootAt(pack, index))
  return shardIdentities(primitives, description, { dataRoots })
}

export function dataRootAt(pack: Pick<PackPlaces, 'dataRoots'>, index: number): Uint8Array {
  return pack.dataRoots.subarray(index * 32, index * 32 + 32)
}
