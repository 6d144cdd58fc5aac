/** What several control messages have in common. */
import { z } from 'zod'
import { limits } from '../base/limits.ts'
import { sentChunks, toldShards } from './control-lists.ts'
import { bytes, count, fixedBytes, id, list } from './schema.ts'

export const hash = fixedBytes(32)
export const signature = fixedBytes(64)
export const key = fixedBytes(32)
export const accountName = z.string().min(1).max(limits.accountNameBytesMax)
const policy = z.object({ code: z.literal(1), k: z.int(), m: z.int(), threshold: z.int() })
export const health = z.enum(['complete', 'degraded', 'unknown', 'lost'])
export const opaqueMessage = z.string().max(4096)
export const vaultParts = {
  vault: id,
  policy,
  record: bytes({ max: 64 * 1024 }),
  recordSignature: signature,
  wrappedKeys: bytes({ max: 4096 }),
  nameTag: hash,
  sealedName: bytes({ max: 2048 }),
}
/** A durable shard has a receipt; one without is wanted at that node. */
export const newShard = z.object({
  index: z.int().min(0).max(31),
  node: id,
  receipt: bytes({ max: 16 * 1024 }).optional(),
})
const newPack = z.object({
  pack: id,
  code: z.literal(1),
  k: z.int().min(1),
  m: z.int().min(1),
  packLength: count,
  generation: count,
  dataRoots: bytes({ min: 64, max: 32 * 32 }),
  chunks: sentChunks,
  shards: list(newShard, 32),
})
export const newPage = z.object({
  number: count,
  ids: bytes({ max: 32 * limits.pageChunksMax }),
  sealedLengths: bytes({ max: 8 * 1024 }),
})
export const packs = list(newPack, limits.registerPacksMax)
/** Durable shards this write needs of each pack: at least k; the vault's policy says when absent. */
export const threshold = z.int().min(1).max(32).optional()
export const packPlaces = z.object({
  pack: id,
  code: z.literal(1),
  k: z.int(),
  m: z.int(),
  packLength: count,
  generation: count,
  dataRoots: bytes({ min: 64, max: 32 * 32 }),
  shards: toldShards,
})
export const none = z.object({})
