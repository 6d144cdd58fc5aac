/** How much of a commit's bounds its parts take. Bytes are those of the request's JSON, about. */
import { limits } from '../../base/limits.ts'
import type { NewPack, Pending, PendingFile } from './pending.ts'

export interface BatchSize {
  readonly operations: number
  readonly chunks: number
  readonly packs: number
  readonly packChunks: number
  readonly bytes: number
}

export const emptySize: BatchSize = Object.freeze({
  operations: 0,
  chunks: 0,
  packs: 0,
  packChunks: 0,
  bytes: 0,
})
/** Of an operation with the longest name. */
const operationBytes = 3 * 1024
const packFramingBytes = 1024
const shardBytes = 2 * 1024
const packChunkBytes = 128

export interface SizeOptions {
  /** How many it becomes; at most one for each folder on its path and itself. */
  readonly operations?: number
  /** Packs that the batch has already. */
  readonly has?: (pack: string) => boolean
}

export function sizeOf(pending: Pending, options: SizeOptions = {}): BatchSize {
  const { operations = mostOperations(pending), has = () => false } = options
  const base = { ...emptySize, operations, bytes: operations * operationBytes }
  if (pending.kind !== 'file' && pending.kind !== 'link') return base
  const packs = (pending.packs ?? []).filter(({ pack }) => !has(pack))
  return addSizes(base, fileSize(pending, packs))
}

function mostOperations(pending: Pending): number {
  return pending.kind === 'removal' ? 1 : pending.path.length
}

export function addSizes(left: BatchSize, right: BatchSize): BatchSize {
  return {
    operations: left.operations + right.operations,
    chunks: left.chunks + right.chunks,
    packs: left.packs + right.packs,
    packChunks: left.packChunks + right.packChunks,
    bytes: left.bytes + right.bytes,
  }
}

export function fitsCommit(size: BatchSize): boolean {
  return (
    size.operations <= limits.commitOperationsMax &&
    size.chunks <= limits.commitChunksMax &&
    size.packs <= limits.registerPacksMax &&
    size.packChunks <= limits.registerChunksMax &&
    size.bytes <= limits.commitBytesMax
  )
}

function fileSize({ pages }: PendingFile, packs: readonly NewPack[]): BatchSize {
  let chunks = 0
  let bytes = 0
  for (const { ids, sealedLengths } of pages.inline) {
    chunks += ids.length / 32
    bytes += inBase64(ids.length + sealedLengths.length)
  }
  for (const pack of packs) bytes += packBytes(pack)
  const packChunks = packs.reduce((sum, pack) => sum + pack.chunks.length, 0)
  return { operations: 0, chunks, packs: packs.length, packChunks, bytes }
}

function packBytes({ shards, chunks }: NewPack): number {
  return packFramingBytes + shards.length * shardBytes + chunks.length * packChunkBytes
}

function inBase64(bytes: number): number {
  return Math.ceil((bytes * 4) / 3) + 64
}
