import type { Random } from '../../base/random.ts'
import { dataRoot } from '../../core/merkle.ts'
import type { Primitives } from '../../core/primitives.ts'
import { encodeHeader, encodeShardId, shardRoot } from '../../core/shard.ts'
import type { ShardStore, StoredShard } from '../../blocks/shard-store.ts'

/** A shard as a node receives it. */
export interface SampleShard {
  readonly shardId: Uint8Array
  readonly vault: Uint8Array
  readonly header: Uint8Array
  readonly content: Uint8Array
  readonly root: Uint8Array
}

export interface SampleOptions {
  readonly random: Random
  readonly primitives: Primitives
  readonly bytes: number
  /** Default: random. */
  readonly pack?: Uint8Array
  readonly vault?: Uint8Array
  readonly index?: number
}

export function sampleShard(options: SampleOptions): SampleShard {
  const { random, primitives, bytes } = options
  const [pack, vault] = [options.pack ?? random.bytes(16), options.vault ?? random.bytes(16)]
  const [index, placementGeneration] = [options.index ?? 1, 1]
  const content = random.bytes(bytes)
  const header = encodeHeader(primitives, {
    kind: 'data',
    code: 1,
    k: 2,
    m: 2,
    index,
    pack,
    vault,
    placementGeneration,
    shardBytes: bytes,
    packBytes: bytes * 2,
    codeword: random.bytes(32),
  })
  const root = shardRoot(primitives, { header, dataRoot: dataRoot(primitives, content) })
  const shardId = encodeShardId({ pack, index, placementGeneration })
  return { shardId, vault, header, content, root }
}

export async function putSample(store: ShardStore, shard: SampleShard): Promise<StoredShard> {
  const buffer = await store.allocate(shard.header.length + shard.content.length)
  buffer.body.set(shard.header)
  buffer.body.set(shard.content, shard.header.length)
  return store.put(buffer, { root: shard.root })
}

/** The shard's content as the store has it; undefined when it holds none. */
export async function readSample(
  store: ShardStore,
  shard: SampleShard,
): Promise<Uint8Array | undefined> {
  const held = store.find(shard.shardId)
  if (held === undefined) return undefined
  const target = new Uint8Array(held.dataBytes)
  const found = await store.read(shard.shardId, { offset: 0, target })
  return found ? target : undefined
}
