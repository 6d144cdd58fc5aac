/** Which shards of a pack are what they were registered as: read whole, and compared with their data roots. */
import { equalBytes } from '../../base/bytes.ts'
import { limits } from '../../base/limits.ts'
import { dataRootOf, leafHashes } from '../../core/merkle.ts'
import { shardBytesOf } from '../../core/pack.ts'
import type { Primitives } from '../../core/primitives.ts'
import type { ShardSpan } from '../engine/engine.ts'
import type { PackReader } from './pack-reader.ts'
import type { PackPlaces } from './places.ts'
import type { CommonRange } from './shard-ranges.ts'

export interface ProofParts {
  readonly primitives: Primitives
  readonly memory: Uint8Array
  readonly reader: Pick<PackReader, 'readPiece'>
}

/** Room that a proof takes. */
export const provePieceBytes: number = limits.readChunkBytes

/**
 * Reads the shards one after the other, by way of `pieceAt`. Of each that is right, the range is put in its
 * place again: what was given before may have been something else.
 */
export async function proveShards(
  parts: ProofParts,
  pack: PackPlaces,
  work: {
    readonly given: readonly ShardSpan[]
    readonly range: Omit<CommonRange, 'at'>
    readonly pieceAt: number
  },
): Promise<{ readonly right: ShardSpan[]; readonly wrong: ShardSpan[] }> {
  const right: ShardSpan[] = []
  const wrong: ShardSpan[] = []
  for (const span of work.given) {
    const root = await rootOf(parts, pack, { ...work, span })
    if (root === undefined) continue
    const registered = pack.dataRoots.subarray(span.index * 32, span.index * 32 + 32)
    if (equalBytes(root, registered)) right.push(span)
    else wrong.push(span)
  }
  return { right, wrong }
}

/** The data root of what the shard's node has; undefined when not all of it could be read. */
async function rootOf(
  { memory, primitives, reader }: ProofParts,
  pack: PackPlaces,
  work: {
    readonly span: ShardSpan
    readonly range: Omit<CommonRange, 'at'>
    readonly pieceAt: number
  },
): Promise<Uint8Array | undefined> {
  const { span, range, pieceAt } = work
  const shardBytes = shardBytesOf(pack.packLength, pack.k)
  const leaves: Uint8Array[] = []
  for (let offset = 0; offset < shardBytes; offset += provePieceBytes) {
    const length = Math.min(provePieceBytes, shardBytes - offset)
    const piece = { index: span.index, offset, length, at: pieceAt }
    if (!(await reader.readPiece(pack, piece))) return undefined
    leaves.push(...leafHashes(primitives, memory.subarray(pieceAt, pieceAt + length)))
    const from = Math.max(offset, range.from)
    const to = Math.min(offset + length, range.from + range.bytes)
    if (from >= to) continue
    const start = pieceAt + from - offset
    memory.copyWithin(span.at + from - range.from, start, start + to - from)
  }
  return dataRootOf(primitives, leaves)
}
